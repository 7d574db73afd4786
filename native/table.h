// The kernels by name, as the addon exports them and the WebAssembly module lists them: those of lib/kernels/contract.ts for a number type, and
// those that bfloat16 replaces.
#pragma once

#include "binding.h"
#include "bindings.h"
#include "bindings/elementwise.h"
#include "kernels/activation.h"

namespace blastrain {

struct Kernel {
  const char* name;
  KernelFunction call;
};

template <typename T, typename B = Bindings<T>>
inline constexpr Kernel kKernels[] = {
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
};

// Products, whose operands are rounded to bfloat16, and sums, as no result of bfloat16 may depend on the number of divisions.
inline constexpr Kernel kBfloat16Kernels[] = {
    {"gemm", Callback<Bindings<float>::Gemm<Bfloat16Products>>},
    {"linearForward", Callback<Bindings<float>::LinearForward<Bfloat16Products>>},
    {"dot", Callback<Bindings<float>::Dot<SplitBy::kSize>>},
    {"nrm2", Callback<Bindings<float>::Nrm2<SplitBy::kSize>>},
    {"softmaxCrossEntropyForward", Callback<Bindings<float>::SoftmaxCrossEntropyForward<SplitBy::kSize>>},
    {"softCrossEntropyForward", Callback<Bindings<float>::SoftCrossEntropyForward<SplitBy::kSize>>},
    {"sigmoidCrossEntropyForward", Callback<Bindings<float>::SigmoidCrossEntropyForward<SplitBy::kSize>>},
    {"poissonForward", Callback<Bindings<float>::PoissonForward<SplitBy::kSize>>},
    {"sgdLinearStep", Callback<Bindings<float>::SgdLinearStep<const float*, Bfloat16Products>>},
    {"adamLinearStep", Callback<Bindings<float>::AdamLinearStep<const float*, Bfloat16Products>>},
    {"byteLinearForward", Callback<Bindings<float>::ByteLinearForward<Bfloat16Products>>},
    {"byteLinearBackward", Callback<Bindings<float>::ByteLinearBackward<Bfloat16Products>>},
    {"sgdByteLinearStep", Callback<Bindings<float>::SgdLinearStep<ByteInputs<float>, Bfloat16Products>>},
    {"adamByteLinearStep", Callback<Bindings<float>::AdamLinearStep<ByteInputs<float>, Bfloat16Products>>},
};

}  // namespace blastrain
