// Activations, dropout's mask and the sum of a residual block. Equal to TypeScript bit for bit, except for those that use
// elementary.h.
#pragma once

#include <cstdint>

#include "kernels/elementary.h"
#include "kernels/loops.h"

namespace blastrain {

// y <- x <= 0 ? 0 : x; NaN passes through, as it is not < 0. x and y may be the same array. Written so that -0 becomes 0 by addition: clang makes
// the smaller or equal a maximum for WebAssembly, which would keep the -0.
template <typename T>
BLASTRAIN_KERNEL void ReluForward(int64_t n, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = x[i] < 0 ? T(0) : x[i] + T(0);
}

// dx <- y <= 0 ? 0 : dy, from the forward output y. dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void ReluBackward(int64_t n, const T* y, const T* dy, T* dx) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) dx[i] = y[i] <= 0 ? T(0) : dy[i];
}

// y <- x > 0 ? x : slope x. x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void LeakyReluForward(int64_t n, T slope, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

// dx <- y > 0 ? dy : slope dy, from the forward output y. dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void LeakyReluBackward(int64_t n, T slope, const T* y, const T* dy, T* dx) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : slope * dy[i];
}

// y <- tanh(x). x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void TanhForward(int64_t n, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = Tanh(x[i]);
}

// dx <- dy (1 - y^2), from the forward output y. dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void TanhBackward(int64_t n, const T* y, const T* dy, T* dx) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

// y <- 1 / (1 + exp(-x)). x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void SigmoidForward(int64_t n, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = Sigmoid(x[i]);
}

// dx <- dy (y (1 - y)), from the forward output y. dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void SigmoidBackward(int64_t n, const T* y, const T* dy, T* dx) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * (y[i] * (1 - y[i]));
}

// y <- x Phi(x), Phi the standard normal distribution function. x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void GeluForward(int64_t n, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * NormalOf(x[i]).distribution;
}

// dx <- dy (Phi(x) + x phi(x)), phi the density, from the forward input x. dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void GeluBackward(int64_t n, const T* x, const T* dy, T* dx) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) {
    const Normal<T> normal = NormalOf(x[i]);
    dx[i] = dy[i] * (normal.distribution + normal.density_times_x);
  }
}

// y <- x tanh(log(1 + exp x)). x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void MishForward(int64_t n, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * MishOf(x[i]).gate;
}

// dx <- dy times the derivative of the same, from the forward input x. dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void MishBackward(int64_t n, const T* x, const T* dy, T* dx) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) {
    const Mish<T> mish = MishOf(x[i]);
    dx[i] = dy[i] * (mish.gate + x[i] * mish.slope);
  }
}

// lambda, and lambda alpha, of SELU.
template <typename T>
inline constexpr T kSeluScale = static_cast<T>(1.0507009873554805);
template <typename T>
inline constexpr T kSeluLimit = static_cast<T>(1.7580993408473766);

// y <- x > 0 ? lambda x : lambda alpha (exp(x) - 1). x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void SeluForward(int64_t n, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) {
    const T below = kSeluLimit<T> * Expm1OfNegative(x[i] > 0 ? T(0) : x[i]);
    y[i] = x[i] > 0 ? kSeluScale<T> * x[i] : below;
  }
}

// dx <- dy (y > 0 ? lambda : y + lambda alpha), from the forward output y. dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void SeluBackward(int64_t n, const T* y, const T* dy, T* dx) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) dx[i] = dy[i] * (y[i] > 0 ? kSeluScale<T> : y[i] + kSeluLimit<T>);
}

// y <- mask ? scale x : 0. x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void MaskScale(int64_t n, T scale, const uint8_t* mask, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = mask[i] != 0 ? scale * x[i] : T(0);
}

// y <- a + b. Any of the three may be the same array.
template <typename T>
BLASTRAIN_KERNEL void Add(int64_t n, const T* a, const T* b, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

}  // namespace blastrain
