// C <- alpha op(A) op(B) + beta C: the choice between gemm_outer.h, gemm_nt.h and OpenBLAS, and its division into parts.
#pragma once

#include <algorithm>
#include <cstdint>

#include "blas.h"
#include "gemm/gemm_nt.h"
#include "gemm/gemm_outer.h"
#include "gemm/scratch.h"
#include "pool.h"
#include "ranges.h"

namespace blastrain {

// Below these OpenBLAS is faster than gemm_nt.h: it has kernels for products of up to 100^3, and with short rows adding up
// the lanes of a micro-tile's sums takes too large a share.
inline constexpr int64_t kMinGemmNt = 1000000;
inline constexpr int64_t kMinGemmNtDepthBytes = 1024;
// gemm_outer.h packs B in the time of so many rows; with fewer than kMinOuterRows that is too long. Where B is larger than this, gemm_nt.h, which does not transpose it, and OpenBLAS are faster.
inline constexpr int64_t kOuterPacking = 8, kMinOuterRows = 24;
inline constexpr int64_t kMaxOuterBytes = 1 << 22, kMaxOuterTransposedBytes = 1 << 20;
// The most elements of C with which k is divided: each part but the first writes as many, to be read once more.
inline constexpr int64_t kMaxPartialSums = 1 << 20;

enum class Method { kOuter, kNt, kLibrary };

// Which of them takes the least time for A B, or A B^T if `transposed`, on one thread. The share of the FMA limit that gemm_outer.h reaches is that of
// its vectors' lanes in use, less the packing of B; gemm_nt.h packs in the time of 4 rows, and adds up lanes in that of a depth of 3 vectors.
template <typename T>
Method FastestMethod(const GemmOuterKernel<T>& outer, const GemmNtKernel<T>& nt, bool transposed, int64_t m, int64_t n, int64_t k) {
  const bool fits_nt = transposed && nt.nr > 0 && m * n * k > kMinGemmNt && k * int64_t(sizeof(T)) >= kMinGemmNtDepthBytes && m >= 4 && n >= 4;
  const Method other = fits_nt ? Method::kNt : Method::kLibrary;
  const int64_t most = transposed ? kMaxOuterTransposedBytes : kMaxOuterBytes;
  if (outer.max_vectors == 0 || m < kMinOuterRows || k == 0 || n * k * int64_t(sizeof(T)) > most) return other;
  const double lanes_used = double(n) / double((n + outer.lanes - 1) / outer.lanes * outer.lanes);
  if (!fits_nt) return lanes_used >= 0.5 ? Method::kOuter : other;
  const double depth = double(k) / nt.lanes;
  return lanes_used * double(m) / double(m + kOuterPacking) >= double(m) / double(m + 4) * depth / (depth + 3) ? Method::kOuter : other;
}

// The product on the calling thread.
template <typename T>
void SingleThreadGemm(const GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  static const GemmNtKernel<T> nt = BestGemmNtKernel<T>();
  static const GemmOuterKernel<T> outer = BestGemmOuterKernel<T>();
  switch (!s.trans_a ? FastestMethod(outer, nt, s.trans_b, s.m, s.n, s.k) : Method::kLibrary) {
    case Method::kOuter: return GemmOuter(outer, s, alpha, a, b, beta, c);
    case Method::kNt: return GemmNt(nt, s, alpha, a, b, beta, c);
    case Method::kLibrary: return blas::Gemm(s, alpha, a, b, beta, c);
  }
}

// The product on all threads; beta = 0 does not read C. Where k is long beside m and n, as in the first layer's forward
// pass, k is divided (split-K), so that one core alone reads each element of A and B; the parts' sums are added from first to
// last. Else C's rows are; or its columns, where rows are few. With `bias`[n], which goes with beta = 1, every row of C is that to
// begin with: each thread writes its part just before it adds to it.
template <typename T>
void Gemm(const GemmShape& shape, T alpha, const T* a, const T* b, T beta, T* c, const T* bias = nullptr) {
  const int64_t m = shape.m, n = shape.n, k = shape.k;
  const int64_t divisions = m * n * k < kMinParallelProduct ? 1 : Pool::Shared().Divisions();
  const auto part = [&](int64_t i, int64_t height, int64_t j, int64_t width, int64_t l, int64_t depth, T scale, T* out) {
    GemmShape sub = shape;
    sub.m = int(height);
    sub.n = int(width);
    sub.k = int(depth);
    if (bias != nullptr && l == 0) FillRows(height, width, bias + j, out, shape.ldc);
    const bool ta = shape.trans_a, tb = shape.trans_b;
    SingleThreadGemm(sub, alpha, a + (ta ? l * shape.lda + i : i * shape.lda + l),
                     b + (tb ? j * shape.ldb + l : l * shape.ldb + j), scale, out);
  };
  if (divisions > 1 && k >= 8 * std::max(m, n) && m * n <= kMaxPartialSums) {
    const Partition depths(k, 256);
    T* sums = Scratch<T, 1>((depths.count - 1) * m * n);
    Pool::Shared().Run(depths.count, [&](int p) {
      const bool first = p == 0;
      part(0, m, 0, n, depths.Begin(p), depths.Length(p), first ? beta : 0, first ? c : sums + (p - 1) * m * n);
    });
    Split({m * n, kMemoryGrain / depths.count}, [&](int64_t begin, int64_t end) {
      for (int p = 1; p < depths.count; p++) blas::Axpy(int(end - begin), T(1), sums + (p - 1) * m * n + begin, c + begin);
    });
  } else if (m >= 64 * divisions || m >= n) {
    Split({m, (m + divisions - 1) / divisions, 1}, [&](int64_t i, int64_t end) { part(i, end - i, 0, n, 0, k, beta, c + i * n); });
  } else {
    Split({n, n / divisions}, [&](int64_t j, int64_t end) { part(0, m, j, end - j, 0, k, beta, c + j); });
  }
}

}  // namespace blastrain
