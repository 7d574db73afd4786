#pragma once

#include "binding.h"
#include "kernels/adaptive.h"
#include "kernels/sgd.h"

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
    blastrain::SgdStep(n, lr, static_cast<T>(momentum), decay, nesterov, w, dw, v);
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
    blastrain::AdamStep(n, step_size, beta1, beta2, root_correction, epsilon, decay, keep, w, dw, m, v);
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
    blastrain::RmspropStep(n, lr, rho, epsilon, decay, w, dw, v);
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
    blastrain::LionStep(n, lr, beta1, beta2, decay, keep, w, dw, m);
  }

  static void Lerp(Args& args) {
    const int64_t n = args.Size();
    const T t = args.Scalar<T>();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::Lerp(n, t, x, y);
  }
};

}  // namespace blastrain
