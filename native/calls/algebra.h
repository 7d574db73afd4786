#pragma once

#include "binding.h"
#include "blas.h"
#include "kernels/bias.h"

namespace blastrain {

template <typename T>
struct AlgebraCalls {
  static void Gemm(Args& args) {
    const bool trans_a = args.Flag();
    const bool trans_b = args.Flag();
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T alpha = args.Scalar<T>();
    const T* a = args.Array<T>(m * k);
    const T* b = args.Array<T>(k * n);
    const T beta = args.Scalar<T>();
    T* c = args.Array<T>(m * n);
    if (m == 0 || n == 0) return;
    blas::Gemm(blas::GemmShape(trans_a, trans_b, int(m), int(n), int(k)), alpha, a, b, beta, c);
  }

  static void Axpy(Args& args) {
    const int64_t n = args.Size();
    const T alpha = args.Scalar<T>();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blas::Axpy(int(n), alpha, x, y);
  }

  static void Scal(Args& args) {
    const int64_t n = args.Size();
    const T alpha = args.Scalar<T>();
    T* x = args.Array<T>(n);
    blas::Scal(int(n), alpha, x);
  }

  static double Dot(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    const T* y = args.Array<T>(n);
    return blas::Dot(int(n), x, y);
  }

  static double Nrm2(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    return blas::Nrm2(int(n), x);
  }

  static void BiasForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* bias = args.Array<T>(n);
    T* y = args.Array<T>(m * n);
    blastrain::BiasForward(m, n, bias, y);
  }

  static void BiasBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* dy = args.Array<T>(m * n);
    const T beta = args.Scalar<T>();
    T* dbias = args.Array<T>(n);
    blastrain::BiasBackward(m, n, dy, beta, dbias);
  }
};

}  // namespace blastrain
