// The addon's table of contents: float32 and float64 (the kernels of lib/kernels/contract.ts), bfloat16 (its products), info,
// threads.

#include <napi.h>

#include "binding.h"
#include "blas.h"
#include "calls.h"
#include "cpu.h"
#include "isa.h"
#include "pool.h"

namespace blastrain {

template <typename T>
Napi::Object Kernels(Napi::Env env) {
  using C = Calls<T>;
  Napi::Object kernels = Napi::Object::New(env);
  kernels["gemm"] = Function<C::template Gemm<>>(env, "gemm");
  kernels["axpy"] = Function<C::Axpy>(env, "axpy");
  kernels["scal"] = Function<C::Scal>(env, "scal");
  kernels["dot"] = Function<C::Dot>(env, "dot");
  kernels["nrm2"] = Function<C::Nrm2>(env, "nrm2");
  kernels["biasForward"] = Function<C::BiasForward>(env, "biasForward");
  kernels["biasBackward"] = Function<C::BiasBackward>(env, "biasBackward");
  kernels["reluForward"] = Function<C::ReluForward>(env, "reluForward");
  kernels["reluBackward"] = Function<C::ReluBackward>(env, "reluBackward");
  kernels["leakyReluForward"] = Function<C::LeakyReluForward>(env, "leakyReluForward");
  kernels["leakyReluBackward"] = Function<C::LeakyReluBackward>(env, "leakyReluBackward");
  kernels["tanhForward"] = Function<C::TanhForward>(env, "tanhForward");
  kernels["tanhBackward"] = Function<C::TanhBackward>(env, "tanhBackward");
  kernels["sigmoidForward"] = Function<C::SigmoidForward>(env, "sigmoidForward");
  kernels["sigmoidBackward"] = Function<C::SigmoidBackward>(env, "sigmoidBackward");
  kernels["geluForward"] = Function<C::GeluForward>(env, "geluForward");
  kernels["geluBackward"] = Function<C::GeluBackward>(env, "geluBackward");
  kernels["maskScale"] = Function<C::MaskScale>(env, "maskScale");
  kernels["add"] = Function<C::Add>(env, "add");
  kernels["batchNormForward"] = Function<C::BatchNormForward>(env, "batchNormForward");
  kernels["batchNormEvaluate"] = Function<C::BatchNormEvaluate>(env, "batchNormEvaluate");
  kernels["batchNormBackward"] = Function<C::BatchNormBackward>(env, "batchNormBackward");
  kernels["layerNormForward"] = Function<C::LayerNormForward>(env, "layerNormForward");
  kernels["layerNormBackward"] = Function<C::LayerNormBackward>(env, "layerNormBackward");
  kernels["softmaxForward"] = Function<C::SoftmaxForward>(env, "softmaxForward");
  kernels["softmaxBackward"] = Function<C::SoftmaxBackward>(env, "softmaxBackward");
  kernels["softmaxCrossEntropyForward"] = Function<C::SoftmaxCrossEntropyForward>(env, "softmaxCrossEntropyForward");
  kernels["softmaxCrossEntropyBackward"] = Function<C::SoftmaxCrossEntropyBackward>(env, "softmaxCrossEntropyBackward");
  kernels["softCrossEntropyForward"] = Function<C::SoftCrossEntropyForward>(env, "softCrossEntropyForward");
  kernels["softCrossEntropyBackward"] = Function<C::SoftCrossEntropyBackward>(env, "softCrossEntropyBackward");
  kernels["squaredErrorForward"] = Function<C::SquaredErrorForward>(env, "squaredErrorForward");
  kernels["squaredErrorBackward"] = Function<C::SquaredErrorBackward>(env, "squaredErrorBackward");
  kernels["argmax"] = Function<C::Argmax>(env, "argmax");
  kernels["sgdStep"] = Function<C::SgdStep>(env, "sgdStep");
  kernels["adamStep"] = Function<C::AdamStep>(env, "adamStep");
  kernels["sgdLinearStep"] = Function<C::template SgdLinearStep<>>(env, "sgdLinearStep");
  kernels["adamLinearStep"] = Function<C::template AdamLinearStep<>>(env, "adamLinearStep");
  kernels["byteLinearForward"] = Function<C::template ByteLinearForward<>>(env, "byteLinearForward");
  kernels["byteLinearBackward"] = Function<C::template ByteLinearBackward<>>(env, "byteLinearBackward");
  kernels["sgdByteLinearStep"] = Function<C::template SgdLinearStep<ByteInputs<T>>>(env, "sgdByteLinearStep");
  kernels["adamByteLinearStep"] = Function<C::template AdamLinearStep<ByteInputs<T>>>(env, "adamByteLinearStep");
  kernels["rmspropStep"] = Function<C::RmspropStep>(env, "rmspropStep");
  kernels["lionStep"] = Function<C::LionStep>(env, "lionStep");
  kernels["lerp"] = Function<C::Lerp>(env, "lerp");
  kernels["gatherRows"] = Function<C::GatherRows>(env, "gatherRows");
  kernels["gatherImages"] = Function<C::GatherImages>(env, "gatherImages");
  kernels["standardizeRows"] = Function<C::StandardizeRows>(env, "standardizeRows");
  kernels["standardizeImages"] = Function<C::StandardizeImages>(env, "standardizeImages");
  kernels["gatherBytes"] = Function<C::GatherBytes>(env, "gatherBytes");
  kernels["gatherByteImages"] = Function<C::GatherByteImages>(env, "gatherByteImages");
  kernels["byteMoments"] = Function<C::ByteMoments>(env, "byteMoments");
  kernels["mixRows"] = Function<C::MixRows>(env, "mixRows");
  return kernels;
}

// The kernels that are products, of float32 numbers rounded to bfloat16.
Napi::Object Bfloat16Kernels(Napi::Env env) {
  using C = Calls<float>;
  using P = Bfloat16Products;
  Napi::Object kernels = Napi::Object::New(env);
  kernels["gemm"] = Function<C::Gemm<P>>(env, "gemm");
  kernels["sgdLinearStep"] = Function<C::SgdLinearStep<const float*, P>>(env, "sgdLinearStep");
  kernels["adamLinearStep"] = Function<C::AdamLinearStep<const float*, P>>(env, "adamLinearStep");
  kernels["byteLinearForward"] = Function<C::ByteLinearForward<P>>(env, "byteLinearForward");
  kernels["byteLinearBackward"] = Function<C::ByteLinearBackward<P>>(env, "byteLinearBackward");
  kernels["sgdByteLinearStep"] = Function<C::SgdLinearStep<ByteInputs<float>, P>>(env, "sgdByteLinearStep");
  kernels["adamByteLinearStep"] = Function<C::AdamLinearStep<ByteInputs<float>, P>>(env, "adamByteLinearStep");
  return kernels;
}

#if defined(__clang__)
constexpr char kCompiler[] = __VERSION__;
#else
constexpr char kCompiler[] = "GCC " __VERSION__;
#endif

Napi::Value Info(const Napi::CallbackInfo& call) {
  Napi::Env env = call.Env();
  Napi::Array features = Napi::Array::New(env);
  for (const std::string& feature : CpuFeatures()) features[features.Length()] = feature;
  Napi::Object info = Napi::Object::New(env);
  info["openblasVersion"] = blas::Config();
  info["openblasCore"] = blas::Core();
  info["threads"] = Pool::Shared().Threads();
  info["maxThreads"] = blas::MaxThreads();
  info["cpuFeatures"] = features;
  info["isa"] = UsedInstructions().Name();
  info["splitsProducts"] = bf16::UsedTiles().split_pays;
  info["compiler"] = kCompiler;
  return info;
}

void SetThreads(Args& args) {
  const int64_t threads = args.Size();
  if (threads == 0) throw kBadArgument;
  Pool::Shared().SetThreads(static_cast<int>(std::min<int64_t>(threads, Pool::kMax)));
}

void LimitDefaultThreads(Args& args) {
  Pool::Shared().LimitDefault(static_cast<int>(std::min<int64_t>(args.Size(), Pool::kMax)));
}

double GetThreads(Args&) { return Pool::Shared().Threads(); }

// OpenBLAS's threads become the pool's: as many as it was told to use. Once for the process.
void TakeOverThreads() {
  static const bool once = [] {
    Pool::Shared().LimitDefault(blas::Threads());
    blas::SetThreads(1);
    return true;
  }();
  static_cast<void>(once);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  TakeOverThreads();
  exports["float32"] = Kernels<float>(env);
  exports["float64"] = Kernels<double>(env);
  exports["bfloat16"] = Bfloat16Kernels(env);
  exports["info"] = Napi::Function::New<Info>(env, "info");
  exports["setThreads"] = Function<SetThreads>(env, "setThreads");
  exports["limitDefaultThreads"] = Function<LimitDefaultThreads>(env, "limitDefaultThreads");
  exports["getThreads"] = Function<GetThreads>(env, "getThreads");
  return exports;
}

}  // namespace blastrain

using blastrain::Init;
NODE_API_MODULE(blastrain, Init)
