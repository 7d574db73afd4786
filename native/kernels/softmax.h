// Softmax and cross-entropy of the rows of a matrix. Sums are in double for both dtypes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/elementary.h"
#include "kernels/indices.h"
#include "kernels/loops.h"

namespace blastrain {

// The largest of n >= 1 numbers. If the first is NaN, it is returned: the softmax of the row is NaN in any case.
template <typename T>
T RowMax(int64_t n, const T* x) {
  T max = x[0];
  for (int64_t j = 1; j < n; j++) max = x[j] > max ? x[j] : max;
  return max;
}

// y <- exp(y) for y <= 0.
template <typename T>
BLASTRAIN_KERNEL void ExpOfAll(int64_t n, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) y[i] = ExpOfNegative(y[i]);
}

// y[n] <- x - max(x), for one row. Exponentials are then computed for all rows at once, as rows are short, often of ten
// numbers. x and y may be the same array.
template <typename T>
void ShiftRow(int64_t n, const T* x, T* y) {
  const T max = RowMax(n, x);
  for (int64_t j = 0; j < n; j++) y[j] = x[j] - max;
}

// y[n] <- y / sum of y, for one row; returns the sum.
template <typename T>
double Normalise(int64_t n, T* y) {
  double sum = 0;
  for (int64_t j = 0; j < n; j++) sum += y[j];
  for (int64_t j = 0; j < n; j++) y[j] = static_cast<T>(y[j] / sum);
  return sum;
}

// y[i,:] <- exp(x - max) / sum of exp(x - max). x and y may be the same array.
template <typename T>
void SoftmaxForward(int64_t m, int64_t n, const T* x, T* y) {
  if (n == 0) return;
  for (int64_t i = 0; i < m; i++) ShiftRow(n, x + i * n, y + i * n);
  ExpOfAll(m * n, y);
  for (int64_t i = 0; i < m; i++) Normalise(n, y + i * n);
}

// dx[i,:] <- y (dy - sum of dy y), from the forward output y. dy and dx may be the same array.
template <typename T>
void SoftmaxBackward(int64_t m, int64_t n, const T* y, const T* dy, T* dx) {
  for (int64_t i = 0; i < m; i++, y += n, dy += n, dx += n) {
    double sum = 0;
    for (int64_t j = 0; j < n; j++) sum += static_cast<double>(dy[j]) * y[j];
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) dx[j] = static_cast<T>(y[j] * (dy[j] - sum));
  }
}

// probs <- softmax(x); returns the sum over rows of -log p[label] = log(sum of exp(x - max)) - (x[label] - max), which
// stays finite where p[label] underflows. x and probs may be the same array. Labels in [0, n), hence n >= 1 or m = 0.
template <typename T>
double SoftmaxCrossEntropyForward(int64_t m, int64_t n, const T* x, Indices labels, T* probs) {
  double loss = 0;
  for (int64_t i = 0; i < m; i++) {
    const T* row = x + i * n;
    loss += static_cast<double>(RowMax(n, row)) - row[labels[i]];
    ShiftRow(n, row, probs + i * n);
  }
  ExpOfAll(m * n, probs);
  for (int64_t i = 0; i < m; i++) loss += std::log(Normalise(n, probs + i * n));
  return loss;
}

// dx <- scale (probs - onehot(labels)). probs and dx may be the same array.
template <typename T>
void SoftmaxCrossEntropyBackward(int64_t m, int64_t n, T scale, const T* probs, Indices labels, T* dx) {
  for (int64_t i = 0; i < m; i++, probs += n, dx += n) {
    const int64_t label = labels[i];
    const T p = probs[label];
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) dx[j] = scale * probs[j];
    dx[label] = scale * (p - 1);
  }
}

// out[i] <- index of the first maximum of x[i,:], or of its first NaN. n >= 1 unless m = 0. Without branches, which nothing foretells here.
template <typename T>
void Argmax(int64_t m, int64_t n, const T* x, int32_t* out) {
  for (int64_t i = 0; i < m; i++, x += n) {
    T max = x[0];
    int64_t best = 0;
    bool any_nan = std::isnan(max);
    for (int64_t j = 1; j < n; j++) {
      const bool larger = x[j] > max;
      max = larger ? x[j] : max;
      best = larger ? j : best;
      any_nan |= std::isnan(x[j]);
    }
    if (any_nan) best = std::find_if(x, x + n, [](T value) { return std::isnan(value); }) - x;
    out[i] = static_cast<int32_t>(best);
  }
}

}  // namespace blastrain
