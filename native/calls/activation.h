#pragma once

#include "binding.h"
#include "kernels/activation.h"

namespace blastrain {

template <typename T>
struct ActivationCalls {
  static void ReluForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::ReluForward(n, x, y);
  }

  static void ReluBackward(Args& args) {
    const int64_t n = args.Size();
    const T* y = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    blastrain::ReluBackward(n, y, dy, dx);
  }

  static void MaskScale(Args& args) {
    const int64_t n = args.Size();
    const T scale = args.Scalar<T>();
    const uint8_t* mask = args.Array<uint8_t>(n);
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::MaskScale(n, scale, mask, x, y);
  }
};

}  // namespace blastrain
