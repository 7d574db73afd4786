// Adam, RMSprop, Lion and moving averages. Equal to TypeScript bit for bit. 1 - beta is computed in double: in
// float32, 1 - 0.999f is off by one part in 100,000.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/loops.h"

namespace blastrain {

// g = dw + decay w; w = keep w; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g g;
// w -= step_size m / (sqrt(v) + epsilon).
template <typename T>
BLASTRAIN_KERNEL void AdamStep(int64_t n, T step_size, double beta1, double beta2, T epsilon, T decay,
                               T keep, T* w, const T* dw, T* m, T* v) {
  const T old1 = static_cast<T>(beta1), new1 = static_cast<T>(1 - beta1);
  const T old2 = static_cast<T>(beta2), new2 = static_cast<T>(1 - beta2);
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) {
    const T g = dw[i] + decay * w[i];
    m[i] = old1 * m[i] + new1 * g;
    v[i] = old2 * v[i] + new2 * g * g;
    w[i] = keep * w[i] - step_size * m[i] / (std::sqrt(v[i]) + epsilon);
  }
}

// g = dw + decay w; v = rho v + (1 - rho) g g; w -= lr g / (sqrt(v) + epsilon).
template <typename T>
BLASTRAIN_KERNEL void RmspropStep(int64_t n, T lr, double rho, T epsilon, T decay, T* w, const T* dw, T* v) {
  const T old = static_cast<T>(rho), fresh = static_cast<T>(1 - rho);
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) {
    const T g = dw[i] + decay * w[i];
    v[i] = old * v[i] + fresh * g * g;
    w[i] -= lr * g / (std::sqrt(v[i]) + epsilon);
  }
}

// g = dw + decay w; w = keep w - lr sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g. The sign of 0 is 0, of NaN
// NaN.
template <typename T>
BLASTRAIN_KERNEL void LionStep(int64_t n, T lr, double beta1, double beta2, T decay, T keep, T* w, const T* dw, T* m) {
  const T old1 = static_cast<T>(beta1), new1 = static_cast<T>(1 - beta1);
  const T old2 = static_cast<T>(beta2), new2 = static_cast<T>(1 - beta2);
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) {
    const T g = dw[i] + decay * w[i];
    const T direction = old1 * m[i] + new1 * g;
    const T sign = direction > 0 ? T(1) : direction < 0 ? T(-1) : direction;
    w[i] = keep * w[i] - lr * sign;
    m[i] = old2 * m[i] + new2 * g;
  }
}

// y += t (x - y).
template <typename T>
BLASTRAIN_KERNEL void Lerp(int64_t n, T t, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] += t * (x[i] - y[i]);
}

}  // namespace blastrain
