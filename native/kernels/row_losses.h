// Losses of numbers, quantiles, labels and rates, with a weight for each row. Sums are computed in double, in the order of the
// reference; what is written is rounded once, or as the reference rounds it.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/loops.h"

namespace blastrain {

// Sum of weights[i] h(x - targets), h(e) = e^2 / 2 up to |e| = delta, beyond it delta (|e| - delta / 2).
template <typename T>
double HuberForward(int64_t m, int64_t n, T delta, const T* x, const T* targets, const T* weights) {
  const double limit = delta;
  double sum = 0;
  for (int64_t i = 0; i < m; i++, x += n, targets += n) {
    const double weight = weights[i];
    if (weight == 0) continue;
    for (int64_t j = 0; j < n; j++) {
      const double error = static_cast<double>(x[j]) - targets[j];
      const double size = std::abs(error);
      sum += weight * (size <= limit ? 0.5 * error * error : limit * (size - 0.5 * limit));
    }
  }
  return sum;
}

// dx <- (scale weights[i]) times x - targets, clamped to [-delta, delta]. x and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void HuberBackward(int64_t m, int64_t n, T scale, T delta, const T* x, const T* targets, const T* weights,
                                    T* dx) {
  for (int64_t i = 0; i < m; i++, x += n, targets += n, dx += n) {
    const T factor = scale * weights[i];
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) {
      const T error = x[j] - targets[j];
      dx[j] = factor * (error > delta ? delta : error < -delta ? -delta : error);
    }
  }
}

// Sum of weights[i] rho, with e = target - x and rho = level e where e >= 0, else (level - 1) e.
template <typename T>
double PinballForward(int64_t m, int64_t n, int64_t k, const T* x, const T* targets, const T* levels, const T* weights) {
  double sum = 0;
  for (int64_t i = 0; i < m; i++) {
    const double weight = weights[i];
    if (weight == 0) continue;
    for (int64_t j = i * n; j < (i + 1) * n; j++) {
      for (int64_t l = 0; l < k; l++) {
        const double error = static_cast<double>(targets[j]) - x[j * k + l];
        const double level = levels[l];
        sum += weight * (error >= 0 ? level * error : (level - 1) * error);
      }
    }
  }
  return sum;
}

// dx <- (scale weights[i]) times 1 - level where x is above its target, -level where below. x and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void PinballBackward(int64_t m, int64_t n, int64_t k, T scale, const T* x, const T* targets, const T* levels,
                                      const T* weights, T* dx) {
  for (int64_t i = 0; i < m; i++) {
    const T factor = scale * weights[i];
    for (int64_t j = i * n; j < (i + 1) * n; j++) {
      const T target = targets[j];
      for (int64_t l = 0; l < k; l++) {
        const T own = x[j * k + l];
        dx[j * k + l] = factor * (own > target ? T(1) - levels[l] : own < target ? -levels[l] : own - target);
      }
    }
  }
}

// probs <- 1 / (1 + exp(-x)); returns the sum of weights[i] (max(x, 0) - x target + log(1 + exp(-|x|))). x and probs may be the
// same array.
template <typename T>
double SigmoidCrossEntropyForward(int64_t m, int64_t n, const T* x, const T* targets, const T* weights, T* probs) {
  double sum = 0;
  for (int64_t i = 0; i < m; i++, x += n, targets += n, probs += n) {
    const double weight = weights[i];
    for (int64_t j = 0; j < n; j++) {
      const double logit = x[j];
      const double power = std::exp(-std::abs(logit));
      if (weight != 0) sum += weight * ((logit > 0 ? logit : 0) - logit * targets[j] + std::log1p(power));
      probs[j] = static_cast<T>(logit >= 0 ? 1 / (1 + power) : power / (1 + power));
    }
  }
  return sum;
}

// rates <- exp(x); returns the sum of weights[i] (exp(x) - target x). x and rates may be the same array.
template <typename T>
double PoissonForward(int64_t m, int64_t n, const T* x, const T* targets, const T* weights, T* rates) {
  double sum = 0;
  for (int64_t i = 0; i < m; i++, x += n, targets += n, rates += n) {
    const double weight = weights[i];
    for (int64_t j = 0; j < n; j++) {
      const double logarithm = x[j];
      const double rate = std::exp(logarithm);
      if (weight != 0) sum += weight * (rate - targets[j] * logarithm);
      rates[j] = static_cast<T>(rate);
    }
  }
  return sum;
}

}  // namespace blastrain
