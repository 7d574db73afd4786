// A factor for each column of a matrix. Equal to TypeScript bit for bit.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/loops.h"

namespace blastrain {

// y[i,:] <- s x[i,:]. x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void ScaleColumnsForward(int64_t m, int64_t n, const T* s, const T* x, T* y) {
  for (int64_t i = 0; i < m; i++, x += n, y += n) {
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) y[j] = s[j] * x[j];
  }
}

// ds <- sum over rows, from the first to the last, of dy x; dx <- s dy: for n columns of matrices whose rows are `stride` apart.
// dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void ScaleColumnsBackward(int64_t m, int64_t n, int64_t stride, const T* x, const T* s, const T* dy, T* ds, T* dx) {
  std::fill_n(ds, n, T(0));
  for (int64_t i = 0; i < m; i++, x += stride, dy += stride, dx += stride) {
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) {
      const T gradient = dy[j];
      ds[j] += gradient * x[j];
      dx[j] = s[j] * gradient;
    }
  }
}

// y[i,:] <- (1 - a) x[i,:] + a f[i,:]. y may be the same array as x or f.
template <typename T>
BLASTRAIN_KERNEL void BlendColumnsForward(int64_t m, int64_t n, const T* a, const T* x, const T* f, T* y) {
  for (int64_t i = 0; i < m; i++, x += n, f += n, y += n) {
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) y[j] = (1 - a[j]) * x[j] + a[j] * f[j];
  }
}

// da <- sum over rows, from the first to the last, of dy (f - x); df <- a dy; dx <- (1 - a) dy: for n columns of matrices whose
// rows are `stride` apart. df and f may be the same array, and dx and dy.
template <typename T>
BLASTRAIN_KERNEL void BlendColumnsBackward(int64_t m, int64_t n, int64_t stride, const T* a, const T* x, const T* f, const T* dy,
                                           T* da, T* df, T* dx) {
  std::fill_n(da, n, T(0));
  for (int64_t i = 0; i < m; i++, x += stride, f += stride, dy += stride, df += stride, dx += stride) {
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) {
      const T gradient = dy[j];
      da[j] += gradient * (f[j] - x[j]);
      df[j] = a[j] * gradient;
      dx[j] = (1 - a[j]) * gradient;
    }
  }
}

}  // namespace blastrain
