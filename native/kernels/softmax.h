// Softmax and cross-entropy, row by row. Sums are taken in double for both dtypes.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/indices.h"
#include "kernels/loops.h"

namespace blastrain {

// The largest of n >= 1 numbers. One that follows a leading NaN is ignored: the row is NaN in any case.
template <typename T>
T RowMax(int64_t n, const T* x) {
  T max = x[0];
  for (int64_t j = 1; j < n; j++) max = x[j] > max ? x[j] : max;
  return max;
}

// y <- exp(x - max) of one row; returns the sum of y. x and y may be the same array.
template <typename T>
double ShiftedExp(int64_t n, T max, const T* x, T* y) {
  double sum = 0;
  for (int64_t j = 0; j < n; j++) {
    y[j] = std::exp(x[j] - max);
    sum += y[j];
  }
  return sum;
}

// y[i,:] <- exp(x - max) / sum of exp(x - max). x and y may be the same array.
template <typename T>
void SoftmaxForward(int64_t m, int64_t n, const T* x, T* y) {
  if (n == 0) return;
  for (int64_t i = 0; i < m; i++, x += n, y += n) {
    const double sum = ShiftedExp(n, RowMax(n, x), x, y);
    for (int64_t j = 0; j < n; j++) y[j] = static_cast<T>(y[j] / sum);
  }
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
  for (int64_t i = 0; i < m; i++, x += n, probs += n) {
    const T max = RowMax(n, x);
    const double shifted = static_cast<double>(x[labels[i]]) - max;
    const double sum = ShiftedExp(n, max, x, probs);
    for (int64_t j = 0; j < n; j++) probs[j] = static_cast<T>(probs[j] / sum);
    loss += std::log(sum) - shifted;
  }
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

// out[i] <- index of the first maximum of x[i,:], or of its first NaN. n >= 1 unless m = 0.
template <typename T>
void Argmax(int64_t m, int64_t n, const T* x, int32_t* out) {
  for (int64_t i = 0; i < m; i++, x += n) {
    int64_t best = 0;
    for (int64_t j = 1; j < n && !std::isnan(x[best]); j++) {
      if (x[j] > x[best] || std::isnan(x[j])) best = j;
    }
    out[i] = static_cast<int32_t>(best);
  }
}

}  // namespace blastrain
