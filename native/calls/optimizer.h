#pragma once

#include "binding.h"
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
