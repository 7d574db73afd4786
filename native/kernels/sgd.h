// Stochastic gradient descent. Equal to TypeScript bit for bit.
#pragma once

#include <cstdint>

#include "kernels/loops.h"

namespace blastrain {

// g = dw + decay w; v = momentum v + g; w -= lr (nesterov ? g + momentum v : v).
template <typename T, bool nesterov>
BLASTRAIN_KERNEL void MomentumStep(int64_t n, T lr, T momentum, T decay, T* w, const T* dw, T* v) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) {
    const T g = dw[i] + decay * w[i];
    v[i] = momentum * v[i] + g;
    w[i] -= lr * (nesterov ? g + momentum * v[i] : v[i]);
  }
}

// w -= lr (dw + decay w).
template <typename T>
BLASTRAIN_KERNEL void PlainStep(int64_t n, T lr, T decay, T* w, const T* dw) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) w[i] -= lr * (dw[i] + decay * w[i]);
}

// momentum = 0 neither reads nor writes v, which may be empty.
template <typename T>
void SgdStep(int64_t n, T lr, T momentum, T decay, bool nesterov, T* w, const T* dw, T* v) {
  if (momentum == 0) return PlainStep(n, lr, decay, w, dw);
  if (nesterov) return MomentumStep<T, true>(n, lr, momentum, decay, w, dw, v);
  return MomentumStep<T, false>(n, lr, momentum, decay, w, dw, v);
}

}  // namespace blastrain
