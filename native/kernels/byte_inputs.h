// Inputs of a model's first layer as bytes: x = scale byte + shift, column by column.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/loops.h"

namespace blastrain {

// Bytes x[m,k], which stand for the inputs scale[j] x[i,j] + shift[j].
template <typename T>
struct ByteInputs {
  const uint8_t* x;
  const T* scale;
  const T* shift;

  // Those from a row and a column on, of rows `stride` apart.
  ByteInputs From(int64_t row, int64_t stride, int64_t column) const { return {x + row * stride + column, scale + column, shift + column}; }
};

// Whether A is such bytes, and not floats: const T*.
template <typename T, typename A>
inline constexpr bool kIsBytes = std::is_same_v<A, ByteInputs<T>>;

// Subtracted from each byte before it is multiplied: bfloat16 holds -128 to 127 exactly.
inline constexpr int kZeroPoint = 128;

// inputs[k] <- scale kZeroPoint + shift, what that byte stands for in each column.
template <typename T>
BLASTRAIN_KERNEL void ZeroPointInputs(int64_t k, const T* scale, const T* shift, T* inputs) {
  for (int64_t j = 0; j < k; j++) inputs[j] = scale[j] * T(kZeroPoint) + shift[j];
}

// g[n] <- scale g + sum (scale kZeroPoint + shift): from a gradient with respect to bytes less kZeroPoint to that with
// respect to the inputs, where `sum` is the sum of dy.
template <typename T>
BLASTRAIN_KERNEL void ScaleGradient(int64_t n, const T* scale, const T* shift, T sum, T* g) {
  for (int64_t j = 0; j < n; j++) g[j] = scale[j] * g[j] + sum * (scale[j] * T(kZeroPoint) + shift[j]);
}

}  // namespace blastrain
