#pragma once

#include "binding.h"
#include "kernels/activation.h"
#include "pool.h"

namespace blastrain {

template <typename T>
struct ActivationCalls {
  static void ReluForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) { blastrain::ReluForward(end - i, x + i, y + i); });
  }

  static void ReluBackward(Args& args) {
    const int64_t n = args.Size();
    const T* y = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) { blastrain::ReluBackward(end - i, y + i, dy + i, dx + i); });
  }

  static void LeakyReluForward(Args& args) {
    const int64_t n = args.Size();
    const T slope = args.Scalar<T>();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) { blastrain::LeakyReluForward(end - i, slope, x + i, y + i); });
  }

  static void LeakyReluBackward(Args& args) {
    const int64_t n = args.Size();
    const T slope = args.Scalar<T>();
    const T* y = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) { blastrain::LeakyReluBackward(end - i, slope, y + i, dy + i, dx + i); });
  }

  static void TanhForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    Split({n, kComputed}, [=](int64_t i, int64_t end) { blastrain::TanhForward(end - i, x + i, y + i); });
  }

  static void TanhBackward(Args& args) {
    const int64_t n = args.Size();
    const T* y = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) { blastrain::TanhBackward(end - i, y + i, dy + i, dx + i); });
  }

  static void SigmoidForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    Split({n, kComputed}, [=](int64_t i, int64_t end) { blastrain::SigmoidForward(end - i, x + i, y + i); });
  }

  static void SigmoidBackward(Args& args) {
    const int64_t n = args.Size();
    const T* y = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) { blastrain::SigmoidBackward(end - i, y + i, dy + i, dx + i); });
  }

  static void GeluForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    Split({n, kComputed}, [=](int64_t i, int64_t end) { blastrain::GeluForward(end - i, x + i, y + i); });
  }

  static void GeluBackward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    Split({n, kComputed}, [=](int64_t i, int64_t end) { blastrain::GeluBackward(end - i, x + i, dy + i, dx + i); });
  }

  static void MaskScale(Args& args) {
    const int64_t n = args.Size();
    const T scale = args.Scalar<T>();
    const uint8_t* mask = args.Array<uint8_t>(n);
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) { blastrain::MaskScale(end - i, scale, mask + i, x + i, y + i); });
  }

  static void Add(Args& args) {
    const int64_t n = args.Size();
    const T* a = args.Array<T>(n);
    const T* b = args.Array<T>(n);
    T* y = args.Array<T>(n);
    Split({n, kMoved}, [=](int64_t i, int64_t end) { blastrain::Add(end - i, a + i, b + i, y + i); });
  }
};

}  // namespace blastrain
