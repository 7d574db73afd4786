#pragma once

#include "binding.h"
#include "blas.h"
#include "bindings/products.h"
#include "kernels/bias.h"
#include "pool.h"

namespace blastrain {

template <typename T>
struct AlgebraBindings {
  template <typename Products = PreciseProducts<T>>
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
    // With alpha = 0 A and B are not read: every implementation then gets a product of depth 0.
    const int depth = alpha == 0 ? 0 : int(k);
    Products::Gemm(GemmShape(trans_a, trans_b, int(m), int(n), depth), alpha, a, b, beta, c);
  }

  static void Axpy(Args& args) {
    const int64_t n = args.Size();
    const T alpha = args.Scalar<T>();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    Split({n, kMemoryGrain}, [=](int64_t i, int64_t end) { blas::Axpy(int(end - i), alpha, x + i, y + i); });
  }

  static void Scal(Args& args) {
    const int64_t n = args.Size();
    const T alpha = args.Scalar<T>();
    T* x = args.Array<T>(n);
    Split({n, kMemoryGrain}, [=](int64_t i, int64_t end) { blas::Scal(int(end - i), alpha, x + i); });
  }

  template <SplitBy by = SplitBy::kDivisions>
  static double Dot(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    const T* y = args.Array<T>(n);
    return Sum(Partition(n, kMemoryGrain, kTwoLines, by),
               [=](int64_t i, int64_t end) { return blas::Dot(int(end - i), x + i, y + i); });
  }

  template <SplitBy by = SplitBy::kDivisions>
  static double Nrm2(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    return Norm(Partition(n, kMemoryGrain, kTwoLines, by),
                [=](int64_t i, int64_t end) { return blas::Nrm2(int(end - i), x + i); });
  }

  template <typename Products = PreciseProducts<T>>
  static void LinearForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T* x = args.Array<T>(m * k);
    const T* w = args.Array<T>(n * k);
    const T* bias = args.Array<T>(n);
    T* y = args.Array<T>(m * n);
    if (m == 0 || n == 0) return;
    Products::Linear(GemmShape(false, true, int(m), int(n), int(k)), x, w, bias, y);
  }

  static void BiasForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* bias = args.Array<T>(n);
    T* y = args.Array<T>(m * n);
    AddRow(m, n, bias, y);
  }

  static void BiasBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* dy = args.Array<T>(m * n);
    const T beta = args.Scalar<T>();
    T* dbias = args.Array<T>(n);
    // By columns, so that each sum keeps the order of the rows.
    Split({n, kMemoryGrain / std::max<int64_t>(1, m)}, [=](int64_t j, int64_t end) {
      blastrain::BiasBackward(m, end - j, n, dy + j, beta, dbias + j);
    });
  }
};

}  // namespace blastrain
