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

  static void LeakyReluForward(Args& args) {
    const int64_t n = args.Size();
    const T slope = args.Scalar<T>();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::LeakyReluForward(n, slope, x, y);
  }

  static void LeakyReluBackward(Args& args) {
    const int64_t n = args.Size();
    const T slope = args.Scalar<T>();
    const T* y = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    blastrain::LeakyReluBackward(n, slope, y, dy, dx);
  }

  static void TanhForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::TanhForward(n, x, y);
  }

  static void TanhBackward(Args& args) {
    const int64_t n = args.Size();
    const T* y = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    blastrain::TanhBackward(n, y, dy, dx);
  }

  static void SigmoidForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::SigmoidForward(n, x, y);
  }

  static void SigmoidBackward(Args& args) {
    const int64_t n = args.Size();
    const T* y = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    blastrain::SigmoidBackward(n, y, dy, dx);
  }

  static void GeluForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::GeluForward(n, x, y);
  }

  static void GeluBackward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    blastrain::GeluBackward(n, x, dy, dx);
  }

  static void MaskScale(Args& args) {
    const int64_t n = args.Size();
    const T scale = args.Scalar<T>();
    const uint8_t* mask = args.Array<uint8_t>(n);
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::MaskScale(n, scale, mask, x, y);
  }

  static void Add(Args& args) {
    const int64_t n = args.Size();
    const T* a = args.Array<T>(n);
    const T* b = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::Add(n, a, b, y);
  }
};

}  // namespace blastrain
