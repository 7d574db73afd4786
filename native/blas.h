// BLAS for both dtypes, by the library that the addon is linked with or by the addon's own products. Shapes and meaning as in
// lib/kernels/contract.ts.
//
// With factors of 0 libraries differ, and OpenBLAS differs between CPUs: with alpha = 0 its products for AVX-512 read A and
// B, so that a NaN there reaches C, those for AVX2 do not. All such cases are handled here, so that every library gives the
// same.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "blas/library.h"
#include "gemm/shape.h"

namespace blastrain::blas {

using library::ChooseCore;
using library::Config;
using library::Core;
using library::MaxThreads;
using library::Own;
using library::SetThreads;
using library::Threads;

// C[m,n] <- beta C, rows `stride` apart; beta = 0 does not read C, beta = 1 leaves it as it is.
template <typename T>
void ScaleMatrix(int64_t m, int64_t n, T beta, T* c, int64_t stride) {
  if (beta == 1) return;
  if (stride == n) {  // One row.
    n *= m;
    m = 1;
  }
  for (int64_t i = 0; i < m; i++, c += stride) {
    if (beta == 0) {
      std::fill_n(c, n, T(0));
    } else {
      for (int64_t j = 0; j < n; j++) c[j] *= beta;
    }
  }
}

// sum of x[i] y[i].
template <typename T>
double Dot(int n, const T* x, const T* y) {
  return n == 0 ? 0 : library::Dot(n, x, y);
}

// With so few rows, as a single one that is predicted, A B^T is bound by the reading of B: libraries first copy it to where their
// micro-kernels want it.
inline constexpr int kMaxDotRows = 3;
inline constexpr int kMinDotDepth = 32;

// C[m,n] <- alpha A[m,k] B[n,k]^T + C, B's rows being read once.
template <typename T>
void AddDots(const GemmShape& s, T alpha, const T* a, const T* b, T* c) {
  for (int64_t j = 0; j < s.n; j++) {
    for (int64_t i = 0; i < s.m; i++) c[i * s.ldc + j] += alpha * T(Dot(s.k, a + i * s.lda, b + j * s.ldb));
  }
}

// C[m,n] <- alpha op(A)[m,k] op(B)[k,n] + beta C. beta = 0 does not read C; alpha = 0 or k = 0 does not read A and B.
// Clearing C here costs nothing: OpenBLAS begins with a pass that multiplies C by beta, and omits it if beta is 1.
template <typename T>
void Gemm(const GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  if (s.m == 0 || s.n == 0) return;
  const bool product = alpha != 0 && s.k != 0;
  const bool dots = product && s.m <= kMaxDotRows && s.k >= kMinDotDepth && !s.trans_a && s.trans_b;
  if (beta == 0 || !product || dots) ScaleMatrix<T>(s.m, s.n, beta, c, s.ldc);
  if (dots) AddDots(s, alpha, a, b, c);
  else if (product) library::Gemm(s, alpha, a, b, beta == 0 ? T(1) : beta, c);
}

// Axpy: y[n] <- alpha x + y; Scal: x[n] <- alpha x. With alpha = 0 most libraries skip the multiplication, so that 0 NaN
// would be 0 and hide that a run has diverged. The pointer of an empty array may be null and is not passed to a library.
template <typename T>
void AddZeroTimes(int n, const T* x, T* y) {
  for (int i = 0; i < n; i++) y[i] += 0 * x[i];
}
template <typename T>
void Axpy(int n, T alpha, const T* x, T* y) {
  alpha == 0 || n == 0 ? AddZeroTimes(n, x, y) : library::Axpy(n, alpha, x, y);
}
template <typename T>
void ZeroTimes(int n, T* x) {
  for (int i = 0; i < n; i++) x[i] *= 0;
}
template <typename T>
void Scal(int n, T alpha, T* x) {
  alpha == 0 || n == 0 ? ZeroTimes(n, x) : library::Scal(n, alpha, x);
}

// The norm where a library's is not finite: NaN if an element is, else infinite. Libraries that divide by the largest
// element return NaN for an infinite one too.
template <typename T>
double NonFiniteNorm(int n, const T* x) {
  const bool nan = std::any_of(x, x + n, [](T value) { return std::isnan(value); });
  return nan ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
}
// square root of the sum of x[i]^2.
template <typename T>
double Nrm2(int n, const T* x) {
  const double norm = n == 0 ? 0 : library::Nrm2(n, x);
  return std::isfinite(norm) ? norm : NonFiniteNorm(n, x);
}

}  // namespace blastrain::blas
