#pragma once

#include "binding.h"
#include "kernels/loss.h"
#include "kernels/row_losses.h"
#include "kernels/softmax.h"
#include "pool.h"

namespace blastrain {

// The grain size of losses and of what reads their rows: an element has an exponential and a quotient.
inline constexpr int64_t kRowGrain = 512;

template <typename T>
struct LossBindings {
  static void SoftmaxForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    T* y = args.Array<T>(m * n);
    Split(Rows(m, n, kRowGrain), [=](int64_t i, int64_t end) {
      blastrain::SoftmaxForward(end - i, n, x + i * n, y + i * n);
    });
  }

  static void SoftmaxBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* y = args.Array<T>(m * n);
    const T* dy = args.Array<T>(m * n);
    T* dx = args.Array<T>(m * n);
    Split(Rows(m, n, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::SoftmaxBackward(end - i, n, y + i * n, dy + i * n, dx + i * n);
    });
  }

  template <SplitBy by = SplitBy::kDivisions>
  static double SoftmaxCrossEntropyForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const int32_t* labels = args.Array<int32_t>(m);
    T* probs = args.Array<T>(m * n);
    const Indices targets = Checked(labels, m, n);
    return Sum(Rows(m, n, kRowGrain, by), [=](int64_t i, int64_t end) {
      return blastrain::SoftmaxCrossEntropyForward(end - i, n, x + i * n, targets.From(i), probs + i * n);
    });
  }

  static void SoftmaxCrossEntropyBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T scale = args.Scalar<T>();
    const T* probs = args.Array<T>(m * n);
    const int32_t* labels = args.Array<int32_t>(m);
    T* dx = args.Array<T>(m * n);
    const Indices targets = Checked(labels, m, n);
    Split(Rows(m, n, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::SoftmaxCrossEntropyBackward(end - i, n, scale, probs + i * n, targets.From(i), dx + i * n);
    });
  }

  template <SplitBy by = SplitBy::kDivisions>
  static double SoftCrossEntropyForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T smoothing = args.Scalar<T>();
    const T* x = args.Array<T>(m * n);
    const T* targets = args.Array<T>(m * n);
    const T* weights = args.Array<T>(n);
    T* probs = args.Array<T>(m * n);
    return Sum(Rows(m, n, kRowGrain, by), [=](int64_t i, int64_t end) {
      const int64_t at = i * n;
      return blastrain::SoftCrossEntropyForward(end - i, n, smoothing, x + at, targets + at, weights, probs + at);
    });
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
    Split(Rows(m, n, kMemoryGrain), [=](int64_t i, int64_t end) {
      const int64_t at = i * n;
      blastrain::SoftCrossEntropyBackward(end - i, n, scale, smoothing, probs + at, targets + at, weights, dx + at);
    });
  }

  static double SquaredErrorForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    const T* targets = args.Array<T>(n);
    return blastrain::SquaredErrorForward(n, x, targets);
  }

  static double HuberForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T delta = args.Scalar<T>();
    const T* x = args.Array<T>(m * n);
    const T* targets = args.Array<T>(m * n);
    const T* weights = args.Array<T>(m);
    return blastrain::HuberForward(m, n, delta, x, targets, weights);
  }

  static void HuberBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T scale = args.Scalar<T>();
    const T delta = args.Scalar<T>();
    const T* x = args.Array<T>(m * n);
    const T* targets = args.Array<T>(m * n);
    const T* weights = args.Array<T>(m);
    T* dx = args.Array<T>(m * n);
    Split(Rows(m, n, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::HuberBackward(end - i, n, scale, delta, x + i * n, targets + i * n, weights + i, dx + i * n);
    });
  }

  static double PinballForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T* x = args.Array<T>(Times(m * n, k));
    const T* targets = args.Array<T>(m * n);
    const T* levels = args.Array<T>(k);
    const T* weights = args.Array<T>(m);
    return blastrain::PinballForward(m, n, k, x, targets, levels, weights);
  }

  static void PinballBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T scale = args.Scalar<T>();
    const T* x = args.Array<T>(Times(m * n, k));
    const T* targets = args.Array<T>(m * n);
    const T* levels = args.Array<T>(k);
    const T* weights = args.Array<T>(m);
    T* dx = args.Array<T>(Times(m * n, k));
    Split(Rows(m, n * k, kMemoryGrain), [=](int64_t i, int64_t end) {
      const int64_t at = i * n;
      blastrain::PinballBackward(end - i, n, k, scale, x + at * k, targets + at, levels, weights + i, dx + at * k);
    });
  }

  template <SplitBy by = SplitBy::kDivisions>
  static double SigmoidCrossEntropyForward(Args& args) {
    return RowLoss<by>(args, blastrain::SigmoidCrossEntropyForward<T>);
  }

  template <SplitBy by = SplitBy::kDivisions>
  static double PoissonForward(Args& args) {
    return RowLoss<by>(args, blastrain::PoissonForward<T>);
  }

  // A loss of x[m,n] against targets[m,n] with weights[m], which also writes [m,n].
  template <SplitBy by>
  static double RowLoss(Args& args, double (*loss)(int64_t, int64_t, const T*, const T*, const T*, T*)) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const T* targets = args.Array<T>(m * n);
    const T* weights = args.Array<T>(m);
    T* out = args.Array<T>(m * n);
    return Sum(Rows(m, n, kRowGrain, by), [=](int64_t i, int64_t end) {
      const int64_t at = i * n;
      return loss(end - i, n, x + at, targets + at, weights + i, out + at);
    });
  }

  static void Argmax(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    int32_t* out = args.Array<int32_t>(m);
    if (n == 0 && m > 0) Refuse(kBadArgument);  // An empty row has no maximum.
    Split(Rows(m, n, kRowGrain), [=](int64_t i, int64_t end) { blastrain::Argmax(end - i, n, x + i * n, out + i); });
  }
};

}  // namespace blastrain
