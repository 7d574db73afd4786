// Elementwise layers: ReLU and dropout's mask. Bit for bit equal to TypeScript.
#pragma once

#include <cstdint>

#include "kernels/loops.h"

namespace blastrain {

// y <- x <= 0 ? 0 : x; NaN passes through, as it is not <= 0. x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void ReluForward(int64_t n, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = x[i] <= 0 ? T(0) : x[i];
}

// dx <- y <= 0 ? 0 : dy, from the forward output y. dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void ReluBackward(int64_t n, const T* y, const T* dy, T* dx) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) dx[i] = y[i] <= 0 ? T(0) : dy[i];
}

// y <- mask ? scale x : 0. x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void MaskScale(int64_t n, T scale, const uint8_t* mask, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = mask[i] != 0 ? scale * x[i] : T(0);
}

}  // namespace blastrain
