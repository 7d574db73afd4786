// A first layer's products with its inputs as bytes. A byte less its zero point, 128, is an integer that bfloat16 holds
// exactly. The scale of each column is applied to the weights before the product and to their gradient after it, and what
// byte 128 stands for adds one number to each unit.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "gemm/bf16/gemm_bf16.h"
#include "gemm/scratch.h"
#include "kernels/bias.h"
#include "kernels/byte_inputs.h"

namespace blastrain::bf16 {

// w[n,k]^T as the operand B, its columns of W scaled.
inline Operand<> ScaledWeights(int64_t n, int64_t k, const float* scale, const float* w) { return {w, n, k, k, 1, scale}; }

// y[m,n] <- inputs[m,k] W^T for `weights` of ScaledWeights.
template <int parts>
void ByteForward(Operand<> weights, int64_t m, const ByteInputs<float>& inputs, float* y) {
  const int64_t k = weights.depth;
  float* zero_inputs = Scratch<float, 2>(k);
  ZeroPointInputs(k, inputs.scale, inputs.shift, zero_inputs);
  weights.shift = zero_inputs;
  Gemm<1, parts>(Operand<uint8_t>{inputs.x, m, k, k, 1}, weights, 1, 0, y);
}

// As FusedUpdate for dW[n,k] = dy^T inputs[m,k], dy given as the operand A.
template <int parts>
void ByteFusedUpdate(const Operand<>& dy, int64_t k, const ByteInputs<float>& inputs, float alpha,
                     std::initializer_list<const float*> arrays, WeightUpdate<float> update) {
  const int64_t m = dy.depth, n = dy.lines;
  float* sums = Scratch<float, 2>(n);
  BiasBackward(m, n, n, dy.data, 0.0f, sums);
  FusedUpdate<parts, 1>(dy, OperandB(m, k, inputs.x), alpha, arrays, [&](int64_t at, int64_t count, float* g) {
    const int64_t unit = at / k, column = at % k;
    ScaleGradient(count, inputs.scale + column, inputs.shift + column, sums[unit], g);
    update(at, count, g);
  });
}

}  // namespace blastrain::bf16
