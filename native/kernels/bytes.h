// Bytes that stand for the inputs of a model's first layer.
#pragma once

#include <cstdint>

#include "kernels/loops.h"

namespace blastrain {

// x[m,k], of which a byte stands for scale byte + shift of its column.
template <typename T>
struct ByteInputs {
  const uint8_t* x;
  const T* scale;
  const T* shift;
};

// What is taken from each byte before it is multiplied, as -128 to 127 are numbers of bfloat16.
inline constexpr int kMiddle = 128;

// middle <- what the byte kMiddle stands for, in each of k columns.
template <typename T>
BLASTRAIN_KERNEL void MiddleInputs(int64_t k, const T* scale, const T* shift, T* middle) {
  for (int64_t j = 0; j < k; j++) middle[j] = scale[j] * T(kMiddle) + shift[j];
}

// g <- scale g + sum (scale kMiddle + shift): from the gradient along bytes less kMiddle that along inputs, `sum` being that of dy.
template <typename T>
BLASTRAIN_KERNEL void ScaleGradient(int64_t n, const T* scale, const T* shift, T sum, T* g) {
  for (int64_t j = 0; j < n; j++) g[j] = scale[j] * g[j] + sum * (scale[j] * T(kMiddle) + shift[j]);
}

}  // namespace blastrain
