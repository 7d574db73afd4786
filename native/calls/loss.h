#pragma once

#include "binding.h"
#include "kernels/loss.h"
#include "kernels/softmax.h"

namespace blastrain {

template <typename T>
struct LossCalls {
  static void SoftmaxForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    T* y = args.Array<T>(m * n);
    blastrain::SoftmaxForward(m, n, x, y);
  }

  static void SoftmaxBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* y = args.Array<T>(m * n);
    const T* dy = args.Array<T>(m * n);
    T* dx = args.Array<T>(m * n);
    blastrain::SoftmaxBackward(m, n, y, dy, dx);
  }

  static double SoftmaxCrossEntropyForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const int32_t* labels = args.Array<int32_t>(m);
    T* probs = args.Array<T>(m * n);
    return blastrain::SoftmaxCrossEntropyForward(m, n, x, Checked(labels, m, n), probs);
  }

  static void SoftmaxCrossEntropyBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T scale = args.Scalar<T>();
    const T* probs = args.Array<T>(m * n);
    const int32_t* labels = args.Array<int32_t>(m);
    T* dx = args.Array<T>(m * n);
    blastrain::SoftmaxCrossEntropyBackward(m, n, scale, probs, Checked(labels, m, n), dx);
  }

  static double SoftCrossEntropyForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T smoothing = args.Scalar<T>();
    const T* x = args.Array<T>(m * n);
    const T* targets = args.Array<T>(m * n);
    const T* weights = args.Array<T>(n);
    T* probs = args.Array<T>(m * n);
    return blastrain::SoftCrossEntropyForward(m, n, smoothing, x, targets, weights, probs);
  }

  static void SoftCrossEntropyBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T scale = args.Scalar<T>();
    const T smoothing = args.Scalar<T>();
    const T* probs = args.Array<T>(m * n);
    const T* targets = args.Array<T>(m * n);
    const T* weights = args.Array<T>(n);
    T* dx = args.Array<T>(m * n);
    blastrain::SoftCrossEntropyBackward(m, n, scale, smoothing, probs, targets, weights, dx);
  }

  static double SquaredErrorForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    const T* targets = args.Array<T>(n);
    return blastrain::SquaredErrorForward(n, x, targets);
  }

  static void SquaredErrorBackward(Args& args) {
    const int64_t n = args.Size();
    const T scale = args.Scalar<T>();
    const T* x = args.Array<T>(n);
    const T* targets = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    blastrain::SquaredErrorBackward(n, scale, x, targets, dx);
  }

  static void Argmax(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    int32_t* out = args.Array<int32_t>(m);
    if (n == 0 && m > 0) throw kBadArgument;  // An empty row has no maximum.
    blastrain::Argmax(m, n, x, out);
  }
};

}  // namespace blastrain
