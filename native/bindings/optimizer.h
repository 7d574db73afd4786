#pragma once

#include "binding.h"
#include "bindings/byte_linear.h"
#include "bindings/products.h"
#include "kernels/adaptive.h"
#include "kernels/sgd.h"
#include "pool.h"

namespace blastrain {

// An update rule with the scalars of a call, read in the order of the members: updates `count` weights from element `at` on,
// with their gradients g.
template <typename T>
struct SgdRule {
  explicit SgdRule(Args& args)
      : lr(args.Scalar<T>()), momentum(args.Scalar<double>()), decay(args.Scalar<T>()), nesterov(args.Flag()) {}

  // Elements of the velocity of n weights: none without momentum.
  int64_t Velocity(int64_t n) const { return momentum == 0 ? 0 : n; }

  void operator()(int64_t at, int64_t count, T* w, const T* g, T* v) const {
    T* velocity = momentum == 0 ? nullptr : v + at;
    blastrain::SgdStep(count, lr, static_cast<T>(momentum), decay, nesterov, w + at, g, velocity);
  }

  T lr;
  double momentum;
  T decay;
  bool nesterov;
};

// The betas are doubles because the kernel rounds beta and 1 - beta separately.
template <typename T>
struct AdamRule {
  explicit AdamRule(Args& args)
      : step_size(args.Scalar<T>()), beta1(args.Scalar<double>()), beta2(args.Scalar<double>()),
        epsilon(args.Scalar<T>()), decay(args.Scalar<T>()), keep(args.Scalar<T>()) {}

  void operator()(int64_t at, int64_t count, T* w, const T* g, T* m, T* v) const {
    blastrain::AdamStep(count, step_size, beta1, beta2, epsilon, decay, keep, w + at, g, m + at, v + at);
  }

  T step_size;
  double beta1, beta2;
  T epsilon, decay, keep;
};

template <typename T>
struct OptimizerBindings {
  static void SgdStep(Args& args) {
    const int64_t n = args.Size();
    const SgdRule<T> rule(args);
    T* w = args.Array<T>(n);
    const T* dw = args.Array<T>(n);
    T* v = args.Array<T>(rule.Velocity(n));
    Split({n, kMemoryGrain}, [=](int64_t i, int64_t end) { rule(i, end - i, w, dw + i, v); });
  }

  template <typename Inputs = const T*, typename Products = PreciseProducts<T>>
  static void SgdLinearStep(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T* dy = args.Array<T>(m * n);
    const Inputs x = InputsOf<Inputs>::Read(args, m, k);
    const SgdRule<T> rule(args);
    T* dw = args.Array<T>(n * k);
    T* w = args.Array<T>(n * k);
    T* v = args.Array<T>(rule.Velocity(n * k));
    const auto update = [=](int64_t at, int64_t count, const T* g) { rule(at, count, w, g, v); };
    if (rule.momentum == 0) return Products::FusedUpdate(m, n, k, dy, x, dw, {w}, update);
    Products::FusedUpdate(m, n, k, dy, x, dw, {w, v}, update);
  }

  template <typename Inputs = const T*, typename Products = PreciseProducts<T>>
  static void AdamLinearStep(Args& args) {
    const int64_t rows = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T* dy = args.Array<T>(rows * n);
    const Inputs x = InputsOf<Inputs>::Read(args, rows, k);
    const AdamRule<T> rule(args);
    T* dw = args.Array<T>(n * k);
    T* w = args.Array<T>(n * k);
    T* m = args.Array<T>(n * k);
    T* v = args.Array<T>(n * k);
    Products::FusedUpdate(rows, n, k, dy, x, dw, {w, m, v},
                      [=](int64_t at, int64_t count, const T* g) { rule(at, count, w, g, m, v); });
  }
};

}  // namespace blastrain
