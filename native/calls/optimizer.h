#pragma once

#include "binding.h"
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
};

}  // namespace blastrain
