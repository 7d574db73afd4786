// Batch and layer normalisation. Sums run from first to last, in double, and results are rounded once: equal to TypeScript
// bit for bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/loops.h"

namespace blastrain {

// Batch normalisation works on blocks of columns: memory is read in rows, the block's sums stay in L1, and the loop over its
// columns vectorises. A thread gets columns [begin, end) of n.
inline constexpr int64_t kColumns = 64;

// y <- (x - mean) inverse gamma + beta, for one row of a block. x and y may be the same array.
template <typename T, typename Statistic>
BLASTRAIN_INLINE void NormaliseColumns(int64_t columns, const T* x, const Statistic* mean, const Statistic* inverse,
                                       const T* gamma, const T* beta, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t j = 0; j < columns; j++) {
    y[j] = static_cast<T>((double(x[j]) - mean[j]) * inverse[j] * gamma[j] + beta[j]);
  }
}

// mean, inverse_std <- of each column of x[m,n]; y <- (x - mean) inverse_std gamma + beta; the running statistics move
// towards the batch's by `momentum`, the variance as m / (m - 1) of it.
template <typename T>
BLASTRAIN_KERNEL void BatchNormForward(int64_t m, int64_t n, int64_t begin, int64_t end, T epsilon, T momentum, const T* x,
                                       const T* gamma, const T* beta, T* running_mean, T* running_variance, T* mean,
                                       T* inverse_std, T* y) {
  if (m == 0) return;
  const double rate = momentum;
  for (int64_t from = begin; from < end; from += kColumns) {
    const int64_t columns = std::min(kColumns, end - from);
    double centre[kColumns] = {};
    for (int64_t i = 0; i < m; i++) {
      for (int64_t j = 0; j < columns; j++) centre[j] += x[i * n + from + j];
    }
    for (int64_t j = 0; j < columns; j++) centre[j] /= double(m);
    double squares[kColumns] = {};
    for (int64_t i = 0; i < m; i++) {
      for (int64_t j = 0; j < columns; j++) {
        const double distance = x[i * n + from + j] - centre[j];
        squares[j] += distance * distance;
      }
    }
    for (int64_t j = 0; j < columns; j++) {
      T& running = running_mean[from + j];
      running = static_cast<T>(running + rate * (centre[j] - running));
      T& variance = running_variance[from + j];
      if (m > 1) variance = static_cast<T>(variance + rate * (squares[j] / double(m - 1) - variance));
      mean[from + j] = static_cast<T>(centre[j]);
      inverse_std[from + j] = static_cast<T>(1 / std::sqrt(squares[j] / double(m) + epsilon));
    }
    for (int64_t i = 0; i < m; i++) {
      const int64_t at = i * n + from;
      NormaliseColumns(columns, x + at, mean + from, inverse_std + from, gamma + from, beta + from, y + at);
    }
  }
}

// y <- (x - running_mean) / sqrt(running_variance + epsilon) gamma + beta. x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void BatchNormEvaluate(int64_t m, int64_t n, int64_t begin, int64_t end, T epsilon, const T* x,
                                        const T* gamma, const T* beta, const T* running_mean, const T* running_variance, T* y) {
  for (int64_t from = begin; from < end; from += kColumns) {
    const int64_t columns = std::min(kColumns, end - from);
    double mean[kColumns];
    double inverse[kColumns];
    for (int64_t j = 0; j < columns; j++) {
      mean[j] = running_mean[from + j];
      inverse[j] = 1 / std::sqrt(double(running_variance[from + j]) + epsilon);
    }
    for (int64_t i = 0; i < m; i++) {
      const int64_t at = i * n + from;
      NormaliseColumns(columns, x + at, mean, inverse, gamma + from, beta + from, y + at);
    }
  }
}

// With x^ = (x - mean) inverse_std: dbeta <- sum of dy, dgamma <- sum of dy x^ over rows,
// dx <- gamma inverse_std (dy - dbeta / m - x^ dgamma / m). dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void BatchNormBackward(int64_t m, int64_t n, int64_t begin, int64_t end, const T* x, const T* gamma,
                                        const T* mean, const T* inverse_std, const T* dy, T* dgamma, T* dbeta, T* dx) {
  if (m == 0) return;
  for (int64_t from = begin; from < end; from += kColumns) {
    const int64_t columns = std::min(kColumns, end - from);
    double centre[kColumns];
    double inverse[kColumns];
    double factor[kColumns];
    for (int64_t j = 0; j < columns; j++) {
      centre[j] = mean[from + j];
      inverse[j] = inverse_std[from + j];
      factor[j] = gamma[from + j] * inverse[j];
    }
    double sum[kColumns] = {};
    double projection[kColumns] = {};
    for (int64_t i = 0; i < m; i++) {
      const int64_t at = i * n + from;
      for (int64_t j = 0; j < columns; j++) {
        const double gradient = dy[at + j];
        sum[j] += gradient;
        projection[j] += gradient * ((x[at + j] - centre[j]) * inverse[j]);
      }
    }
    for (int64_t j = 0; j < columns; j++) {
      dbeta[from + j] = static_cast<T>(sum[j]);
      dgamma[from + j] = static_cast<T>(projection[j]);
      sum[j] /= double(m);
      projection[j] /= double(m);
    }
    for (int64_t i = 0; i < m; i++) {
      const int64_t at = i * n + from;
      BLASTRAIN_ELEMENTWISE
      for (int64_t j = 0; j < columns; j++) {
        dx[at + j] = static_cast<T>(factor[j] * (dy[at + j] - sum[j] - (x[at + j] - centre[j]) * inverse[j] * projection[j]));
      }
    }
  }
}

// Layer normalisation works on several rows at a time: their sums are independent, so that the additions overlap.
inline constexpr int64_t kRows = 8;

template <typename T, int64_t rows>
BLASTRAIN_INLINE void LayerNormRows(int64_t n, T epsilon, const T* x, const T* gamma, const T* beta, T* mean, T* inverse_std,
                                    T* y) {
  double centre[rows] = {};
  for (int64_t j = 0; j < n; j++) {
    for (int64_t i = 0; i < rows; i++) centre[i] += x[i * n + j];
  }
  for (int64_t i = 0; i < rows; i++) centre[i] /= double(n);
  double squares[rows] = {};
  for (int64_t j = 0; j < n; j++) {
    for (int64_t i = 0; i < rows; i++) {
      const double distance = x[i * n + j] - centre[i];
      squares[i] += distance * distance;
    }
  }
  for (int64_t i = 0; i < rows; i++) {
    mean[i] = static_cast<T>(centre[i]);
    inverse_std[i] = static_cast<T>(1 / std::sqrt(squares[i] / double(n) + epsilon));
    const double mu = mean[i];
    const double inverse = inverse_std[i];
    for (int64_t j = 0; j < n; j++) {
      y[i * n + j] = static_cast<T>((x[i * n + j] - mu) * inverse * gamma[j] + beta[j]);
    }
  }
}

// mean, inverse_std <- of each row of x[m,n]; y <- (x - mean) inverse_std gamma + beta.
template <typename T>
BLASTRAIN_KERNEL void LayerNormForward(int64_t m, int64_t n, T epsilon, const T* x, const T* gamma, const T* beta, T* mean,
                                       T* inverse_std, T* y) {
  int64_t i = 0;
  for (; i + kRows <= m; i += kRows) {
    LayerNormRows<T, kRows>(n, epsilon, x + i * n, gamma, beta, mean + i, inverse_std + i, y + i * n);
  }
  for (; i < m; i++) LayerNormRows<T, 1>(n, epsilon, x + i * n, gamma, beta, mean + i, inverse_std + i, y + i * n);
}

// dgamma <- sum of dy x^ and dbeta <- sum of dy over rows, both rounded after each row, for columns [begin, end).
template <typename T>
BLASTRAIN_KERNEL void LayerNormParameters(int64_t m, int64_t n, int64_t begin, int64_t end, const T* x, const T* mean,
                                          const T* inverse_std, const T* dy, T* dgamma, T* dbeta) {
  std::fill(dgamma + begin, dgamma + end, T(0));
  std::fill(dbeta + begin, dbeta + end, T(0));
  for (int64_t i = 0; i < m; i++, x += n, dy += n) {
    const double mu = mean[i];
    const double inverse = inverse_std[i];
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = begin; j < end; j++) {
      const double standard = (x[j] - mu) * inverse;
      const double gradient = dy[j];
      dgamma[j] = static_cast<T>(dgamma[j] + gradient * standard);
      dbeta[j] = static_cast<T>(dbeta[j] + gradient);
    }
  }
}

template <typename T, int64_t rows>
BLASTRAIN_INLINE void LayerNormBackwardRows(int64_t n, const T* x, const T* gamma, const T* mean, const T* inverse_std,
                                            const T* dy, T* dx) {
  double sum[rows] = {};
  double projection[rows] = {};
  for (int64_t j = 0; j < n; j++) {
    for (int64_t i = 0; i < rows; i++) {
      const double standard = (double(x[i * n + j]) - mean[i]) * inverse_std[i];
      const double gradient = double(dy[i * n + j]) * gamma[j];
      sum[i] += gradient;
      projection[i] += gradient * standard;
    }
  }
  for (int64_t i = 0; i < rows; i++) {
    const double mu = mean[i];
    const double inverse = inverse_std[i];
    const double average = sum[i] / double(n);
    const double slope = projection[i] / double(n);
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) {
      const double standard = (x[i * n + j] - mu) * inverse;
      const double gradient = dy[i * n + j];
      dx[i * n + j] = static_cast<T>(inverse * (gradient * gamma[j] - average - standard * slope));
    }
  }
}

// With x^ = (x - mean) inverse_std and g = dy gamma: dx <- inverse_std (g - mean of g - x^ mean of g x^), the means over
// each row. dy and dx may be the same array.
template <typename T>
BLASTRAIN_KERNEL void LayerNormBackward(int64_t m, int64_t n, const T* x, const T* gamma, const T* mean, const T* inverse_std,
                                        const T* dy, T* dx) {
  int64_t i = 0;
  for (; i + kRows <= m; i += kRows) {
    LayerNormBackwardRows<T, kRows>(n, x + i * n, gamma, mean + i, inverse_std + i, dy + i * n, dx + i * n);
  }
  for (; i < m; i++) LayerNormBackwardRows<T, 1>(n, x + i * n, gamma, mean + i, inverse_std + i, dy + i * n, dx + i * n);
}

}  // namespace blastrain
