// Cross-entropy on soft targets, and squared errors. All but the softmax's exponentials is computed in double, in the order
// of the reference, and rounded once.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/loops.h"
#include "kernels/softmax.h"

namespace blastrain {

// The smoothed and weighted target a = weight ((1 - smoothing) target + smoothing / n).
template <typename T>
double SmoothedTarget(int64_t n, T smoothing, T target, T weight) {
  const double epsilon = smoothing;
  return weight * ((1 - epsilon) * target + epsilon / static_cast<double>(n));
}

// probs <- softmax(x); returns the sum of -a log p = a log(sum of exp(x - max)) + a (max - x); a = 0 counts 0.
// x and probs may be the same array.
template <typename T>
double SoftCrossEntropyForward(int64_t m, int64_t n, T smoothing, const T* x, const T* targets, const T* weights, T* probs) {
  if (n == 0) return 0;
  double loss = 0;
  for (int64_t i = 0; i < m; i++, x += n, targets += n, probs += n) {
    const T max = RowMax(n, x);
    double total = 0;
    double distance = 0;
    for (int64_t j = 0; j < n; j++) {
      const double a = SmoothedTarget(n, smoothing, targets[j], weights[j]);
      total += a;
      if (a != 0) distance += a * (static_cast<double>(max) - x[j]);
    }
    ShiftRow(n, x, probs);
    ExpOfAll(n, probs);
    loss += total * std::log(Normalise(n, probs)) + distance;
  }
  return loss;
}

// dx <- scale (probs sum(a) - a). probs and dx may be the same array.
template <typename T>
void SoftCrossEntropyBackward(int64_t m, int64_t n, T scale, T smoothing, const T* probs, const T* targets, const T* weights,
                              T* dx) {
  for (int64_t i = 0; i < m; i++, probs += n, targets += n, dx += n) {
    double total = 0;
    for (int64_t j = 0; j < n; j++) total += SmoothedTarget(n, smoothing, targets[j], weights[j]);
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) {
      const double a = SmoothedTarget(n, smoothing, targets[j], weights[j]);
      dx[j] = static_cast<T>(scale * (probs[j] * total - a));
    }
  }
}

// Sum of (x - targets)^2, from first to last.
template <typename T>
double SquaredErrorForward(int64_t n, const T* x, const T* targets) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    const double error = static_cast<double>(x[i]) - targets[i];
    sum += error * error;
  }
  return sum;
}

// dx <- scale (x - targets). x and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void SquaredErrorBackward(int64_t n, T scale, const T* x, const T* targets, T* dx) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t i = 0; i < n; i++) dx[i] = scale * (x[i] - targets[i]);
}

}  // namespace blastrain
