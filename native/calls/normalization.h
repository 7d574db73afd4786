#pragma once

#include "binding.h"
#include "kernels/normalization.h"

namespace blastrain {

template <typename T>
struct NormalizationCalls {
  static void BatchNormForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T epsilon = args.Scalar<T>();
    const T momentum = args.Scalar<T>();
    const T* x = args.Array<T>(m * n);
    const T* gamma = args.Array<T>(n);
    const T* beta = args.Array<T>(n);
    T* running_mean = args.Array<T>(n);
    T* running_variance = args.Array<T>(n);
    T* mean = args.Array<T>(n);
    T* inverse_std = args.Array<T>(n);
    T* y = args.Array<T>(m * n);
    blastrain::BatchNormForward(m, n, epsilon, momentum, x, gamma, beta, running_mean, running_variance, mean,
                                inverse_std, y);
  }

  static void BatchNormEvaluate(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T epsilon = args.Scalar<T>();
    const T* x = args.Array<T>(m * n);
    const T* gamma = args.Array<T>(n);
    const T* beta = args.Array<T>(n);
    const T* running_mean = args.Array<T>(n);
    const T* running_variance = args.Array<T>(n);
    T* y = args.Array<T>(m * n);
    blastrain::BatchNormEvaluate(m, n, epsilon, x, gamma, beta, running_mean, running_variance, y);
  }

  static void BatchNormBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const T* gamma = args.Array<T>(n);
    const T* mean = args.Array<T>(n);
    const T* inverse_std = args.Array<T>(n);
    const T* dy = args.Array<T>(m * n);
    T* dgamma = args.Array<T>(n);
    T* dbeta = args.Array<T>(n);
    T* dx = args.Array<T>(m * n);
    blastrain::BatchNormBackward(m, n, x, gamma, mean, inverse_std, dy, dgamma, dbeta, dx);
  }

  static void LayerNormForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T epsilon = args.Scalar<T>();
    const T* x = args.Array<T>(m * n);
    const T* gamma = args.Array<T>(n);
    const T* beta = args.Array<T>(n);
    T* mean = args.Array<T>(m);
    T* inverse_std = args.Array<T>(m);
    T* y = args.Array<T>(m * n);
    blastrain::LayerNormForward(m, n, epsilon, x, gamma, beta, mean, inverse_std, y);
  }

  static void LayerNormBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const T* gamma = args.Array<T>(n);
    const T* mean = args.Array<T>(m);
    const T* inverse_std = args.Array<T>(m);
    const T* dy = args.Array<T>(m * n);
    T* dgamma = args.Array<T>(n);
    T* dbeta = args.Array<T>(n);
    T* dx = args.Array<T>(m * n);
    blastrain::LayerNormBackward(m, n, x, gamma, mean, inverse_std, dy, dgamma, dbeta, dx);
  }
};

}  // namespace blastrain
