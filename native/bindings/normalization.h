#pragma once

#include "binding.h"
#include "kernels/normalization.h"
#include "pool.h"

namespace blastrain {

template <typename T>
struct NormalizationBindings {
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
    SplitColumns(m, n, [=](int64_t begin, int64_t end) {
      blastrain::BatchNormForward(m, n, begin, end, epsilon, momentum, x, gamma, beta, running_mean, running_variance, mean,
                                  inverse_std, y);
    });
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
    SplitColumns(m, n, [=](int64_t begin, int64_t end) {
      blastrain::BatchNormEvaluate(m, n, begin, end, epsilon, x, gamma, beta, running_mean, running_variance, y);
    });
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
    SplitColumns(m, n, [=](int64_t begin, int64_t end) {
      blastrain::BatchNormBackward(m, n, begin, end, x, gamma, mean, inverse_std, dy, dgamma, dbeta, dx);
    });
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
    Split(Rows(m, n, kComputeGrain), [=](int64_t i, int64_t end) {
      blastrain::LayerNormForward(end - i, n, epsilon, x + i * n, gamma, beta, mean + i, inverse_std + i, y + i * n);
    });
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
    // The sums first, as dx may be the same array as dy.
    SplitColumns(m, n, [=](int64_t begin, int64_t end) {
      LayerNormParameters(m, n, begin, end, x, mean, inverse_std, dy, dgamma, dbeta);
    });
    Split(Rows(m, n, kComputeGrain), [=](int64_t i, int64_t end) {
      const int64_t at = i * n;
      blastrain::LayerNormBackward(end - i, n, x + at, gamma, mean + i, inverse_std + i, dy + at, dx + at);
    });
  }

 private:
  template <typename Work>
  static void SplitColumns(int64_t m, int64_t n, const Work& work) {
    Split({n, std::max(kColumns, kComputeGrain / std::max<int64_t>(1, m)), kColumns}, work);
  }
};

}  // namespace blastrain
