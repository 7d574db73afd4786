// The first layer on bytes less 128, which are bfloat16 as they are: what columns are scaled by goes to the weights before the
// product, to their gradient after it, and what 128 stands for is a number for each unit.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "bf16/product.h"
#include "kernels/bias.h"
#include "kernels/bytes.h"
#include "multiply.h"

namespace blastrain::bf16 {

// Weights w[n,k] as a factor, times the scale of their column.
inline Factor<> RightOf(int64_t n, int64_t k, const float* scale, const float* w) { return {w, n, k, k, 1, scale}; }

// y[m,n] <- inputs wT, where alpha undoes what the weights were scaled by beside the columns' scales.
template <int parts>
void ByteForward(const Factor<>& weights, int64_t m, const ByteInputs<float>& inputs, float alpha, float* y) {
  const int64_t k = weights.depth;
  float* middle = Scratch<float, 2>(k);
  MiddleInputs(k, inputs.scale, inputs.shift, middle);
  Gemm<1, parts>(Factor<uint8_t>{inputs.x, m, k, k, 1}, weights, alpha, 0, y, middle);
}

// As Descend along dyT inputs, of k columns.
template <int parts, typename Update>
void ByteDescend(const Factor<>& dy, int64_t k, const ByteInputs<float>& inputs, float alpha,
                 std::initializer_list<const float*> arrays, const Update& update) {
  const int64_t m = dy.depth, n = dy.lines;
  float* sums = Scratch<float, 2>(n);
  BiasBackward(m, n, n, dy.data, 0.0f, sums);
  Descend<parts, 1>(dy, RightOf(m, k, inputs.x), alpha, arrays, [&](int64_t at, int64_t count, float* g) {
    const int64_t unit = at / k, column = at % k;
    ScaleGradient(count, inputs.scale + column, inputs.shift + column, sums[unit], g);
    update(at, count, g);
  });
}

}  // namespace blastrain::bf16
