// C <- alpha op(A) op(B) + beta C: the choice between gemm_outer.h, gemm_nt.h and OpenBLAS, and the division among threads.
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
// With fewer rows packing B takes gemm_outer.h too long, and with a larger B its blocks come from beyond L2.
inline constexpr int64_t kMinOuterRows = 24;
inline constexpr int64_t kMaxOuterBytes = 1 << 20;
// The most elements of C with which k is divided among threads: each thread but the first writes as many, to be read once
// more.
inline constexpr int64_t kMaxPartialSums = 1 << 20;

// How A B^T is computed on one thread.
enum class NtMethod { kOuter, kNt, kLibrary };

// Which of them takes the least time. The share of the FMA limit that gemm_outer.h reaches is that of its vectors' lanes in use, less
// the packing of B, as long as 18 rows; gemm_nt.h packs in 4 rows' time, and adds up lanes in that of a depth of 3 vectors.
template <typename T>
NtMethod FastestNt(int64_t m, int64_t n, int64_t k, int64_t outer_lanes, int64_t nt_lanes) {
  const bool fits_nt = nt_lanes > 0 && m * n * k > kMinGemmNt && k * int64_t(sizeof(T)) >= kMinGemmNtDepthBytes && m >= 4 && n >= 4;
  const NtMethod other = fits_nt ? NtMethod::kNt : NtMethod::kLibrary;
  if (outer_lanes == 0 || m < kMinOuterRows || n * k * int64_t(sizeof(T)) > kMaxOuterBytes) return other;
  const double lanes_used = double(n) / double((n + outer_lanes - 1) / outer_lanes * outer_lanes);
  const double outer = lanes_used * double(m) / double(m + 18);
  if (!fits_nt) return lanes_used >= 0.5 ? NtMethod::kOuter : other;
  const double depth = double(k) / double(nt_lanes);
  return outer >= double(m) / double(m + 4) * depth / (depth + 3) ? NtMethod::kOuter : other;
}

// The product on the calling thread.
template <typename T>
void SingleThreadGemm(const blas::GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  static const GemmNtKernel<T> nt = BestGemmNtKernel<T>();
  static const GemmOuterKernel<T> outer = BestGemmOuterKernel<T>();
  const bool is_nt = s.trans_a == CblasNoTrans && s.trans_b == CblasTrans && s.k > 0;
  switch (is_nt ? FastestNt<T>(s.m, s.n, s.k, outer.max_vectors > 0 ? outer.lanes : 0, nt.nr > 0 ? nt.lanes : 0) : NtMethod::kLibrary) {
    case NtMethod::kOuter: return GemmOuter(outer, s, alpha, a, b, beta, c);
    case NtMethod::kNt: return GemmNt(nt, s, alpha, a, b, beta, c);
    case NtMethod::kLibrary: return blas::Gemm(s, alpha, a, b, beta, c);
  }
}

// The product on all threads; beta = 0 does not read C. Where k is long beside m and n, as in the first layer's forward
// pass, threads divide k (split-K), so that one core alone reads each element of A and B; their sums are added from first to
// last. Else they divide C's rows; or its columns, where rows are few.
template <typename T>
void Gemm(const blas::GemmShape& shape, T alpha, const T* a, const T* b, T beta, T* c) {
  const int64_t m = shape.m, n = shape.n, k = shape.k;
  const int64_t threads = m * n * k < kMinParallelProduct ? 1 : Pool::Shared().Threads();
  const auto part = [&](int64_t i, int64_t rows, int64_t j, int64_t columns, int64_t l, int64_t depth, T scale, T* out) {
    blas::GemmShape sub = shape;
    sub.m = int(rows);
    sub.n = int(columns);
    sub.k = int(depth);
    const bool ta = shape.trans_a == CblasTrans, tb = shape.trans_b == CblasTrans;
    SingleThreadGemm(sub, alpha, a + (ta ? l * shape.lda + i : i * shape.lda + l),
                     b + (tb ? j * shape.ldb + l : l * shape.ldb + j), scale, out);
  };
  if (threads > 1 && k >= 8 * std::max(m, n) && m * n <= kMaxPartialSums) {
    const Partition depths(k, 256);
    T* sums = Scratch<T, 1>((depths.count - 1) * m * n);
    Pool::Shared().Run(depths.count, [&](int p) {
      const bool first = p == 0;
      part(0, m, 0, n, depths.Begin(p), depths.Length(p), first ? beta : 0, first ? c : sums + (p - 1) * m * n);
    });
    Split({m * n, kMemoryGrain / depths.count}, [&](int64_t begin, int64_t end) {
      for (int p = 1; p < depths.count; p++) blas::Axpy(int(end - begin), T(1), sums + (p - 1) * m * n + begin, c + begin);
    });
  } else if (m >= 64 * threads || m >= n) {
    Split({m, (m + threads - 1) / threads, 1}, [&](int64_t i, int64_t end) { part(i, end - i, 0, n, 0, k, beta, c + i * n); });
  } else {
    Split({n, n / threads}, [&](int64_t j, int64_t end) { part(0, m, j, end - j, 0, k, beta, c + j); });
  }
}

}  // namespace blastrain
