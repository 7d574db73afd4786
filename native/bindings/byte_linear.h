#pragma once

#include <algorithm>

#include "binding.h"
#include "bindings/products.h"
#include "kernels/byte_inputs.h"

namespace blastrain {

// Reads a layer's inputs x[m,k]: numbers, or bytes with a scale and a shift for each column.
template <typename Inputs>
struct InputsOf;
template <typename T>
struct InputsOf<const T*> {
  static const T* Read(Args& args, int64_t m, int64_t k) { return args.Array<T>(m * k); }
};
template <typename T>
struct InputsOf<ByteInputs<T>> {
  static ByteInputs<T> Read(Args& args, int64_t m, int64_t k) {
    const uint8_t* x = args.Array<uint8_t>(m * k);
    const T* scale = args.Array<T>(k);
    return {x, scale, args.Array<T>(k)};
  }
};

template <typename T>
struct ByteBindings {
  template <typename Products = PreciseProducts<T>>
  static void ByteLinearForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const auto inputs = InputsOf<ByteInputs<T>>::Read(args, m, k);
    const T* w = args.Array<T>(n * k);
    T* y = args.Array<T>(m * n);
    if (m == 0 || n == 0) return;
    Products::ByteForward(m, n, k, inputs, w, y);
  }

  template <typename Products = PreciseProducts<T>>
  static void ByteLinearBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T* dy = args.Array<T>(m * n);
    const auto inputs = InputsOf<ByteInputs<T>>::Read(args, m, k);
    T* dw = args.Array<T>(n * k);
    Products::FusedUpdate(m, n, k, dy, inputs, dw, {dw}, [=](int64_t at, int64_t count, const T* g) {
      if (g != dw + at) std::copy_n(g, count, dw + at);
    });
  }
};

}  // namespace blastrain
