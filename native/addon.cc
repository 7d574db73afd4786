// The addon's table of contents: float32 and float64 (the kernels of lib/kernels/contract.ts), bfloat16 (its products and sums),
// info, threads.

#include <initializer_list>

#include <napi.h>

#include "binding.h"
#include "blas.h"
#include "calls.h"
#include "calls/elementwise.h"
#include "cpu.h"
#include "isa.h"
#include "kernels/activation.h"
#include "pool.h"

namespace blastrain {

struct Kernel {
  const char* name;
  napi_callback callback;
};

Napi::Object Exported(Napi::Env env, std::initializer_list<Kernel> list) {
  Napi::Object kernels = Napi::Object::New(env);
  for (const auto& [name, callback] : list) kernels[name] = Function(env, name, callback);
  return kernels;
}

template <typename T>
Napi::Object Kernels(Napi::Env env) {
  using C = Calls<T>;
  return Exported(env, {
      {"gemm", Callback<C::template Gemm<>>},
      {"axpy", Callback<C::Axpy>},
      {"scal", Callback<C::Scal>},
      {"dot", Callback<C::template Dot<>>},
      {"nrm2", Callback<C::template Nrm2<>>},
      {"biasForward", Callback<C::BiasForward>},
      {"biasBackward", Callback<C::BiasBackward>},
      {"reluForward", Callback<Elementwise<ReluForward<T>>>},
      {"reluBackward", Callback<Elementwise<ReluBackward<T>>>},
      {"leakyReluForward", Callback<Elementwise<LeakyReluForward<T>>>},
      {"leakyReluBackward", Callback<Elementwise<LeakyReluBackward<T>>>},
      {"tanhForward", Callback<Elementwise<TanhForward<T>, kComputed>>},
      {"tanhBackward", Callback<Elementwise<TanhBackward<T>>>},
      {"sigmoidForward", Callback<Elementwise<SigmoidForward<T>, kComputed>>},
      {"sigmoidBackward", Callback<Elementwise<SigmoidBackward<T>>>},
      {"geluForward", Callback<Elementwise<GeluForward<T>, kComputed>>},
      {"geluBackward", Callback<Elementwise<GeluBackward<T>, kComputed>>},
      {"maskScale", Callback<Elementwise<MaskScale<T>>>},
      {"add", Callback<Elementwise<Add<T>>>},
      {"batchNormForward", Callback<C::BatchNormForward>},
      {"batchNormEvaluate", Callback<C::BatchNormEvaluate>},
      {"batchNormBackward", Callback<C::BatchNormBackward>},
      {"layerNormForward", Callback<C::LayerNormForward>},
      {"layerNormBackward", Callback<C::LayerNormBackward>},
      {"softmaxForward", Callback<C::SoftmaxForward>},
      {"softmaxBackward", Callback<C::SoftmaxBackward>},
      {"softmaxCrossEntropyForward", Callback<C::template SoftmaxCrossEntropyForward<>>},
      {"softmaxCrossEntropyBackward", Callback<C::SoftmaxCrossEntropyBackward>},
      {"softCrossEntropyForward", Callback<C::template SoftCrossEntropyForward<>>},
      {"softCrossEntropyBackward", Callback<C::SoftCrossEntropyBackward>},
      {"squaredErrorForward", Callback<C::SquaredErrorForward>},
      {"squaredErrorBackward", Callback<Elementwise<SquaredErrorBackward<T>>>},
      {"argmax", Callback<C::Argmax>},
      {"sgdStep", Callback<C::SgdStep>},
      {"adamStep", Callback<Elementwise<AdamStep<T>>>},
      {"sgdLinearStep", Callback<C::template SgdLinearStep<>>},
      {"adamLinearStep", Callback<C::template AdamLinearStep<>>},
      {"byteLinearForward", Callback<C::template ByteLinearForward<>>},
      {"byteLinearBackward", Callback<C::template ByteLinearBackward<>>},
      {"sgdByteLinearStep", Callback<C::template SgdLinearStep<ByteInputs<T>>>},
      {"adamByteLinearStep", Callback<C::template AdamLinearStep<ByteInputs<T>>>},
      {"rmspropStep", Callback<Elementwise<RmspropStep<T>>>},
      {"lionStep", Callback<Elementwise<LionStep<T>>>},
      {"lerp", Callback<Elementwise<Lerp<T>>>},
      {"gatherRows", Callback<C::GatherRows>},
      {"gatherImages", Callback<C::GatherImages>},
      {"standardizeRows", Callback<C::StandardizeRows>},
      {"standardizeImages", Callback<C::StandardizeImages>},
      {"gatherBytes", Callback<C::GatherBytes>},
      {"gatherByteImages", Callback<C::GatherByteImages>},
      {"byteMoments", Callback<C::ByteMoments>},
      {"mixRows", Callback<C::MixRows>},
  });
}

// The kernels that are products, of float32 numbers rounded to bfloat16; and those that are sums, as no result of bfloat16 depends on
// the number of threads.
Napi::Object Bfloat16Kernels(Napi::Env env) {
  using C = Calls<float>;
  using P = Bfloat16Products;
  return Exported(env, {
      {"gemm", Callback<C::Gemm<P>>},
      {"dot", Callback<C::Dot<Cut::kBySize>>},
      {"nrm2", Callback<C::Nrm2<Cut::kBySize>>},
      {"softmaxCrossEntropyForward", Callback<C::SoftmaxCrossEntropyForward<Cut::kBySize>>},
      {"softCrossEntropyForward", Callback<C::SoftCrossEntropyForward<Cut::kBySize>>},
      {"sgdLinearStep", Callback<C::SgdLinearStep<const float*, P>>},
      {"adamLinearStep", Callback<C::AdamLinearStep<const float*, P>>},
      {"byteLinearForward", Callback<C::ByteLinearForward<P>>},
      {"byteLinearBackward", Callback<C::ByteLinearBackward<P>>},
      {"sgdByteLinearStep", Callback<C::SgdLinearStep<ByteInputs<float>, P>>},
      {"adamByteLinearStep", Callback<C::AdamLinearStep<ByteInputs<float>, P>>},
  });
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
  exports["setThreads"] = Function(env, "setThreads", Callback<SetThreads>);
  exports["limitDefaultThreads"] = Function(env, "limitDefaultThreads", Callback<LimitDefaultThreads>);
  exports["getThreads"] = Function(env, "getThreads", Callback<GetThreads>);
  return exports;
}

}  // namespace blastrain

using blastrain::Init;
NODE_API_MODULE(blastrain, Init)
