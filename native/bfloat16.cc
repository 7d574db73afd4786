#include "tables.h"

#include "bindings.h"

namespace blastrain {

// Products, whose operands are rounded to bfloat16, and sums, as no result of bfloat16 may depend on the number of divisions.
static constexpr Kernel kKernels[] = {
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

const Table kBfloat16Table(kKernels);

}  // namespace blastrain
