#pragma once

#include "binding.h"
#include "descent.h"
#include "kernels/adaptive.h"
#include "kernels/sgd.h"
#include "pool.h"

namespace blastrain {

template <typename T>
struct OptimizerCalls {
  static void SgdStep(Args& args) {
    const int64_t n = args.Size();
    const T lr = args.Scalar<T>();
    const double momentum = args.Scalar<double>();
    const T decay = args.Scalar<T>();
    const bool nesterov = args.Flag();
    T* w = args.Array<T>(n);
    const T* dw = args.Array<T>(n);
    T* v = args.Array<T>(momentum == 0 ? 0 : n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) {
      T* velocity = momentum == 0 ? nullptr : v + i;
      blastrain::SgdStep(end - i, lr, static_cast<T>(momentum), decay, nesterov, w + i, dw + i, velocity);
    });
  }

  static void SgdLinearStep(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T* dy = args.Array<T>(m * n);
    const T* x = args.Array<T>(m * k);
    const T lr = args.Scalar<T>();
    const double momentum = args.Scalar<double>();
    const T decay = args.Scalar<T>();
    const bool nesterov = args.Flag();
    T* dw = args.Array<T>(n * k);
    T* w = args.Array<T>(n * k);
    T* v = args.Array<T>(momentum == 0 ? 0 : n * k);
    const auto update = [=](int64_t at, int64_t count, const T* g) {
      T* velocity = momentum == 0 ? nullptr : v + at;
      blastrain::SgdStep(count, lr, static_cast<T>(momentum), decay, nesterov, w + at, g, velocity);
    };
    if (momentum == 0) return Descend(m, n, k, dy, x, dw, {w}, update);
    Descend(m, n, k, dy, x, dw, {w, v}, update);
  }

  // The betas stay doubles: the kernel rounds them and 1 - beta apart.
  static void AdamStep(Args& args) {
    const int64_t n = args.Size();
    const T step_size = args.Scalar<T>();
    const double beta1 = args.Scalar<double>();
    const double beta2 = args.Scalar<double>();
    const T root_correction = args.Scalar<T>();
    const T epsilon = args.Scalar<T>();
    const T decay = args.Scalar<T>();
    const T keep = args.Scalar<T>();
    T* w = args.Array<T>(n);
    const T* dw = args.Array<T>(n);
    T* m = args.Array<T>(n);
    T* v = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) {
      blastrain::AdamStep(end - i, step_size, beta1, beta2, root_correction, epsilon, decay, keep, w + i, dw + i, m + i, v + i);
    });
  }

  static void AdamLinearStep(Args& args) {
    const int64_t rows = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T* dy = args.Array<T>(rows * n);
    const T* x = args.Array<T>(rows * k);
    const T step_size = args.Scalar<T>();
    const double beta1 = args.Scalar<double>();
    const double beta2 = args.Scalar<double>();
    const T root_correction = args.Scalar<T>();
    const T epsilon = args.Scalar<T>();
    const T decay = args.Scalar<T>();
    const T keep = args.Scalar<T>();
    T* dw = args.Array<T>(n * k);
    T* w = args.Array<T>(n * k);
    T* m = args.Array<T>(n * k);
    T* v = args.Array<T>(n * k);
    Descend(rows, n, k, dy, x, dw, {w, m, v}, [=](int64_t at, int64_t count, const T* g) {
      blastrain::AdamStep(count, step_size, beta1, beta2, root_correction, epsilon, decay, keep, w + at, g, m + at, v + at);
    });
  }

  static void RmspropStep(Args& args) {
    const int64_t n = args.Size();
    const T lr = args.Scalar<T>();
    const double rho = args.Scalar<double>();
    const T epsilon = args.Scalar<T>();
    const T decay = args.Scalar<T>();
    T* w = args.Array<T>(n);
    const T* dw = args.Array<T>(n);
    T* v = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) {
      blastrain::RmspropStep(end - i, lr, rho, epsilon, decay, w + i, dw + i, v + i);
    });
  }

  static void LionStep(Args& args) {
    const int64_t n = args.Size();
    const T lr = args.Scalar<T>();
    const double beta1 = args.Scalar<double>();
    const double beta2 = args.Scalar<double>();
    const T decay = args.Scalar<T>();
    const T keep = args.Scalar<T>();
    T* w = args.Array<T>(n);
    const T* dw = args.Array<T>(n);
    T* m = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) {
      blastrain::LionStep(end - i, lr, beta1, beta2, decay, keep, w + i, dw + i, m + i);
    });
  }

  static void Lerp(Args& args) {
    const int64_t n = args.Size();
    const T t = args.Scalar<T>();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) { blastrain::Lerp(end - i, t, x + i, y + i); });
  }
};

}  // namespace blastrain
