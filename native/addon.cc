// What the addon exports: float32 and float64 (the kernels of lib/kernels/contract.ts), bfloat16 (its products and sums),
// info, and the numbers of threads and divisions.

#include <initializer_list>

#include <napi.h>

#include "binding.h"
#include "blas.h"
#include "bindings.h"
#include "bindings/elementwise.h"
#include "cpu.h"
#include "isa.h"
#include "kernels/activation.h"
#include "multiply_adds.h"
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
  using B = Bindings<T>;
  return Exported(env, {
      {"gemm", Callback<B::template Gemm<>>},
      {"axpy", Callback<B::Axpy>},
      {"scal", Callback<B::Scal>},
      {"dot", Callback<B::template Dot<>>},
      {"nrm2", Callback<B::template Nrm2<>>},
      {"linearForward", Callback<B::template LinearForward<>>},
      {"biasForward", Callback<B::BiasForward>},
      {"biasBackward", Callback<B::BiasBackward>},
      {"scaleColumnsForward", Callback<B::ScaleColumnsForward>},
      {"scaleColumnsBackward", Callback<B::ScaleColumnsBackward>},
      {"blendColumnsForward", Callback<B::BlendColumnsForward>},
      {"blendColumnsBackward", Callback<B::BlendColumnsBackward>},
      {"periodicForward", Callback<B::PeriodicForward>},
      {"periodicBackward", Callback<B::PeriodicBackward>},
      {"embeddingForward", Callback<B::EmbeddingForward>},
      {"embeddingBackward", Callback<B::EmbeddingBackward>},
      {"reluForward", Callback<Elementwise<ReluForward<T>>>},
      {"reluBackward", Callback<Elementwise<ReluBackward<T>>>},
      {"leakyReluForward", Callback<Elementwise<LeakyReluForward<T>>>},
      {"leakyReluBackward", Callback<Elementwise<LeakyReluBackward<T>>>},
      {"tanhForward", Callback<Elementwise<TanhForward<T>, kComputeGrain>>},
      {"tanhBackward", Callback<Elementwise<TanhBackward<T>>>},
      {"sigmoidForward", Callback<Elementwise<SigmoidForward<T>, kComputeGrain>>},
      {"sigmoidBackward", Callback<Elementwise<SigmoidBackward<T>>>},
      {"geluForward", Callback<Elementwise<GeluForward<T>, kComputeGrain>>},
      {"geluBackward", Callback<Elementwise<GeluBackward<T>, kComputeGrain>>},
      {"mishForward", Callback<Elementwise<MishForward<T>, kComputeGrain>>},
      {"mishBackward", Callback<Elementwise<MishBackward<T>, kComputeGrain>>},
      {"seluForward", Callback<Elementwise<SeluForward<T>, kComputeGrain>>},
      {"seluBackward", Callback<Elementwise<SeluBackward<T>>>},
      {"maskScale", Callback<Elementwise<MaskScale<T>>>},
      {"add", Callback<Elementwise<Add<T>>>},
      {"batchNormForward", Callback<B::BatchNormForward>},
      {"batchNormEvaluate", Callback<B::BatchNormEvaluate>},
      {"batchNormBackward", Callback<B::BatchNormBackward>},
      {"layerNormForward", Callback<B::LayerNormForward>},
      {"layerNormBackward", Callback<B::LayerNormBackward>},
      {"softmaxForward", Callback<B::SoftmaxForward>},
      {"softmaxBackward", Callback<B::SoftmaxBackward>},
      {"softmaxCrossEntropyForward", Callback<B::template SoftmaxCrossEntropyForward<>>},
      {"softmaxCrossEntropyBackward", Callback<B::SoftmaxCrossEntropyBackward>},
      {"softCrossEntropyForward", Callback<B::template SoftCrossEntropyForward<>>},
      {"softCrossEntropyBackward", Callback<B::SoftCrossEntropyBackward>},
      {"squaredErrorForward", Callback<B::SquaredErrorForward>},
      {"squaredErrorBackward", Callback<Elementwise<SquaredErrorBackward<T>>>},
      {"huberForward", Callback<B::HuberForward>},
      {"huberBackward", Callback<B::HuberBackward>},
      {"pinballForward", Callback<B::PinballForward>},
      {"pinballBackward", Callback<B::PinballBackward>},
      {"sigmoidCrossEntropyForward", Callback<B::template SigmoidCrossEntropyForward<>>},
      {"poissonForward", Callback<B::template PoissonForward<>>},
      {"argmax", Callback<B::Argmax>},
      {"sgdStep", Callback<B::SgdStep>},
      {"adamStep", Callback<Elementwise<AdamStep<T>>>},
      {"sgdLinearStep", Callback<B::template SgdLinearStep<>>},
      {"adamLinearStep", Callback<B::template AdamLinearStep<>>},
      {"expandMembersForward", Callback<B::ExpandMembersForward>},
      {"expandMembersBackward", Callback<B::ExpandMembersBackward>},
      {"affineColumnsForward", Callback<B::AffineColumnsForward>},
      {"affineColumnsBackward", Callback<B::AffineColumnsBackward>},
      {"memberLinearForward", Callback<B::MemberLinearForward>},
      {"memberLinearBackward", Callback<B::MemberLinearBackward>},
      {"meanMembers", Callback<B::MeanMembers>},
      {"byteLinearForward", Callback<B::template ByteLinearForward<>>},
      {"byteLinearBackward", Callback<B::template ByteLinearBackward<>>},
      {"sgdByteLinearStep", Callback<B::template SgdLinearStep<ByteInputs<T>>>},
      {"adamByteLinearStep", Callback<B::template AdamLinearStep<ByteInputs<T>>>},
      {"rmspropStep", Callback<Elementwise<RmspropStep<T>>>},
      {"lionStep", Callback<Elementwise<LionStep<T>>>},
      {"lerp", Callback<Elementwise<Lerp<T>>>},
      {"gatherRows", Callback<B::GatherRows>},
      {"gatherImages", Callback<B::GatherImages>},
      {"standardizeRows", Callback<B::StandardizeRows>},
      {"standardizeImages", Callback<B::StandardizeImages>},
      {"gatherBytes", Callback<B::GatherBytes>},
      {"gatherByteImages", Callback<B::GatherByteImages>},
      {"byteMoments", Callback<B::ByteMoments>},
      {"mixRows", Callback<B::MixRows>},
      {"fillNormal", Callback<B::FillNormal>},
      {"fillUniform", Callback<B::FillUniform>},
  });
}

// The kernels that bfloat16 replaces: products, whose operands are rounded to bfloat16, and sums, as no result of bfloat16
// may depend on the number of divisions.
Napi::Object Bfloat16Kernels(Napi::Env env) {
  using B = Bindings<float>;
  using P = Bfloat16Products;
  return Exported(env, {
      {"gemm", Callback<B::Gemm<P>>},
      {"linearForward", Callback<B::LinearForward<P>>},
      {"dot", Callback<B::Dot<SplitBy::kSize>>},
      {"nrm2", Callback<B::Nrm2<SplitBy::kSize>>},
      {"softmaxCrossEntropyForward", Callback<B::SoftmaxCrossEntropyForward<SplitBy::kSize>>},
      {"softCrossEntropyForward", Callback<B::SoftCrossEntropyForward<SplitBy::kSize>>},
      {"sigmoidCrossEntropyForward", Callback<B::SigmoidCrossEntropyForward<SplitBy::kSize>>},
      {"poissonForward", Callback<B::PoissonForward<SplitBy::kSize>>},
      {"sgdLinearStep", Callback<B::SgdLinearStep<const float*, P>>},
      {"adamLinearStep", Callback<B::AdamLinearStep<const float*, P>>},
      {"byteLinearForward", Callback<B::ByteLinearForward<P>>},
      {"byteLinearBackward", Callback<B::ByteLinearBackward<P>>},
      {"sgdByteLinearStep", Callback<B::SgdLinearStep<ByteInputs<float>, P>>},
      {"adamByteLinearStep", Callback<B::AdamLinearStep<ByteInputs<float>, P>>},
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
  info["splitsProducts"] = bf16::UsedMicroKernel().split_pays;
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

// Of the calling thread; 0 for the number of threads.
void SetDivisions(Args& args) {
  Pool::SetDivisions(static_cast<int>(std::min<int64_t>(args.Size(), Pool::kMax)));
}

double GetThreads(Args&) { return Pool::Shared().Threads(); }

// FLOPs of chains of multiply-adds on each thread, about as many as the argument: of float32, float64 and bfloat16.
double Float32MultiplyAdds(Args& args) { return MultiplyAdds<float>(args.Size()); }
double Float64MultiplyAdds(Args& args) { return MultiplyAdds<double>(args.Size()); }
double BfloatMultiplyAdds(Args& args) { return Bfloat16MultiplyAdds(args.Size()); }

// Gives the pool as many threads as OpenBLAS was told to use, and leaves OpenBLAS one; sees that it uses what the CPU has. Once for the process.
void PrepareBlas() {
  static const bool once = [] {
    blas::ChooseCore();
    Pool::Shared().LimitDefault(blas::Threads());
    blas::SetThreads(1);
    return true;
  }();
  static_cast<void>(once);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  PrepareBlas();
  exports["float32"] = Kernels<float>(env);
  exports["float64"] = Kernels<double>(env);
  exports["bfloat16"] = Bfloat16Kernels(env);
  exports["multiplyAdds"] = Exported(env, {
      {"float32", Callback<Float32MultiplyAdds>},
      {"float64", Callback<Float64MultiplyAdds>},
      {"bfloat16", Callback<BfloatMultiplyAdds>},
  });
  exports["info"] = Napi::Function::New<Info>(env, "info");
  exports["setThreads"] = Function(env, "setThreads", Callback<SetThreads>);
  exports["setDivisions"] = Function(env, "setDivisions", Callback<SetDivisions>);
  exports["limitDefaultThreads"] = Function(env, "limitDefaultThreads", Callback<LimitDefaultThreads>);
  exports["getThreads"] = Function(env, "getThreads", Callback<GetThreads>);
  return exports;
}

}  // namespace blastrain

using blastrain::Init;
NODE_API_MODULE(blastrain, Init)
