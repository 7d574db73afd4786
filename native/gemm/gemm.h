// C <- alpha op(A) op(B) + beta C: the choice between gemm_outer.h, gemm_nt.h and OpenBLAS, and its division into parts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "blas.h"
#include "gemm/gemm_nt.h"
#include "gemm/gemm_outer.h"
#include "gemm/gemm_tn_kernel.h"
#include "gemm/scratch.h"
#include "gemm/simd.h"
#include "kernels/byte_inputs.h"
#include "pool.h"
#include "ranges.h"

namespace blastrain {

// Below these OpenBLAS is faster than gemm_nt.h and gemm_outer.h at A B^T: it has kernels for products of up to 100^3, and with short rows
// adding up the lanes of a micro-tile's sums takes too large a share.
inline constexpr int64_t kMinGemmNt = 1000000;
inline constexpr int64_t kMinGemmNtDepthBytes = 1024;
// gemm_outer.h packs B in the time of so many rows, of more where B does not stay in L2; with fewer than kMinOuterRows that is too long.
inline constexpr int64_t kOuterPacking = 8, kOuterFarPacking = 25, kMinOuterRows = 24;
inline constexpr int64_t kOuterNearBytes = 1 << 20;
// With shorter vectors than AVX-512's, OpenBLAS is faster than gemm_outer.h where B is larger than this and not transposed.
inline constexpr int64_t kMaxOuterBytes = 1 << 22;
// The fewest and most elements of A that threads pack together.
inline constexpr int64_t kMinPackedTogether = 1 << 17, kMaxPackedTogether = 1 << 20;
// With fewer rows of C a depth is not worth dividing further.
inline constexpr int64_t kMinSplitRows = 32;
// The most elements of C with which k is divided: each part but the first writes as many, to be read once more.
inline constexpr int64_t kMaxPartialSums = 1 << 20;

// The share of the FMA limit that a BLAS library is taken to reach where own kernels are compared with it.
inline constexpr double kLibraryShare = 0.7;

enum class Method { kOuter, kOuterTransposed, kNt, kLibrary };

// Whether products are compiled that dequantise bytes while they pack them.
#if defined(BLASTRAIN_SIMD)
template <typename T>
inline constexpr bool kMayPackBytes = std::is_same_v<T, float>;
#else
template <typename T>
inline constexpr bool kMayPackBytes = false;
#endif

// A method, and the share of the FMA limit by which it was chosen; 0 for the library's.
struct Choice {
  Method method;
  double share;
};

// The share of the lanes of vectors that hold n columns.
template <typename T>
double LanesUsed(const GemmOuterKernel<T>& outer, int64_t n) {
  return double(n) / double((n + outer.lanes - 1) / outer.lanes * outer.lanes);
}

// The share of the FMA limit that gemm_outer.h reaches: that of its vectors' lanes in use, less the packing of B.
template <typename T>
double OuterShare(const GemmOuterKernel<T>& outer, int64_t m, int64_t n, int64_t k) {
  const int64_t packing = n * k * int64_t(sizeof(T)) <= kOuterNearBytes ? kOuterPacking : kOuterFarPacking;
  return LanesUsed(outer, n) * double(m) / double(m + packing);
}

// Which of them takes the least time for A B, or A B^T if `transposed`, on one thread. gemm_nt.h packs in the time of 4 rows, and adds up lanes
// in that of a depth of 8 vectors. A B^T is also (B A^T)^T, which packs A instead of B and may use more lanes.
template <typename T>
Choice FastestMethod(const GemmOuterKernel<T>& outer, const GemmNtKernel<T>& nt, bool transposed, int64_t m, int64_t n, int64_t k) {
  const Choice library = {Method::kLibrary, 0};
  const bool fits_nt = transposed && nt.nr > 0 && m * n * k > kMinGemmNt && k * int64_t(sizeof(T)) >= kMinGemmNtDepthBytes && m >= 4 && n >= 4;
  const bool fits_outer = outer.max_vectors > 0 && m >= kMinOuterRows && k > 0;
  if (!fits_nt) {
    const int64_t bytes = n * k * int64_t(sizeof(T));
    const bool far = transposed ? bytes > kOuterNearBytes : bytes > kMaxOuterBytes && outer.lanes * sizeof(T) < 64;
    return fits_outer && !far && LanesUsed(outer, n) >= 0.5 ? Choice{Method::kOuter, OuterShare(outer, m, n, k)} : library;
  }
  const double depth = double(std::min<int64_t>(k, kNtKCBytes / sizeof(T))) / nt.lanes;
  Choice best = {Method::kNt, double(m) / double(m + 4) * depth / (depth + 8)};
  const auto consider = [&](Method method, double share) {
    if (share > best.share) best = {method, share};
  };
  if (fits_outer) consider(Method::kOuter, OuterShare(outer, m, n, k));
  if (n >= kMinOuterRows) consider(Method::kOuterTransposed, OuterShare(outer, n, m, k));
  return best;
}

// Those of this CPU.
template <typename T>
struct OwnKernels {
  static const OwnKernels& Best() {
    static const OwnKernels best = {BestGemmNtKernel<T>(), BestGemmOuterKernel<T>(), BestGemmTnKernel<T>()};
    return best;
  }

  // For a first operand of floats or bytes (const T* or ByteInputs<T>).
  template <typename A>
  Choice Fastest(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k) const {
    if constexpr (kIsBytes<T, A>) return {Method::kOuterTransposed, OuterShare(outer, n, m, k)};
    else return trans_a ? Choice{Method::kLibrary, 0} : FastestMethod(outer, nt, trans_b, m, n, k);
  }

  // Whether A B^T of bytes A takes less time when they are dequantised while they are packed, and not before.
  bool PacksBytes(int64_t m, int64_t n, int64_t k) const { return outer.pack_bytes != nullptr && n >= kMinOuterRows && m * n * k > kMinGemmNt; }

  GemmNtKernel<T> nt;
  GemmOuterKernel<T> outer;
  GemmTnKernel<T> tn;  // For fused_update.h.
};

// The product on the calling thread. `ready` is A, packed, where the threads have done that together for GemmOuterTransposed.
template <typename T, typename A>
void SingleThreadGemm(const GemmShape& s, T alpha, const A& a, const T* b, T beta, T* c, const T* ready) {
  const OwnKernels<T>& own = OwnKernels<T>::Best();
  if constexpr (kIsBytes<T, A>) {
    GemmOuterTransposed(own.outer, s, alpha, a, b, beta, c, ready);
  } else {
    switch (own.template Fastest<A>(s.trans_a, s.trans_b, s.m, s.n, s.k).method) {
      case Method::kOuter: return GemmOuter(own.outer, s, alpha, a, b, beta, c);
      case Method::kOuterTransposed: return GemmOuterTransposed(own.outer, s, alpha, a, b, beta, c, ready);
      case Method::kNt: return GemmNt(own.nt, s, alpha, a, b, beta, c);
      case Method::kLibrary: return blas::Gemm(s, alpha, a, b, beta, c);
    }
  }
}

// Whether C's rows are divided rather than its columns, which are where rows are few or a part of them leaves lanes of vectors unused.
template <typename T, typename A>
bool DividesRows(const GemmShape& s, int64_t divisions) {
  if (divisions == 1) return true;  // Nothing is divided, and small products need not pay for the choice.
  const OwnKernels<T>& own = OwnKernels<T>::Best();
  const double rows = own.template Fastest<A>(s.trans_a, s.trans_b, (s.m + divisions - 1) / divisions, s.n, s.k).share;
  const double columns = own.template Fastest<A>(s.trans_a, s.trans_b, s.m, s.n / divisions, s.k).share;
  if (rows > 0 && columns > rows) return false;
  return s.m >= 64 * divisions || s.m >= s.n;
}

// Whether all threads pack A of A B^T for GemmOuterTransposed, where each of them is to multiply columns of C with it and would pack it by itself. Small ones
// are packed sooner than threads have met.
template <typename T, typename A>
bool PacksTogether(const GemmShape& s, int64_t divisions) {
  const int64_t size = int64_t(s.m) * s.k;
  if (divisions == 1 || size < kMinPackedTogether || size > kMaxPackedTogether) return false;
  return OwnKernels<T>::Best().template Fastest<A>(s.trans_a, s.trans_b, s.m, s.n / divisions, s.k).method == Method::kOuterTransposed;
}

// How C is divided among threads.
template <typename T, typename A>
Grid GridOf(const GemmShape& s, int64_t divisions) {
  const OwnKernels<T>& own = OwnKernels<T>::Best();
  if (divisions < kMinGridDivisions) {
    if (DividesRows<T, A>(s, divisions)) return {Partition(s.m, (s.m + divisions - 1) / divisions, 1), Ranges(s.n, 1)};
    return {Ranges(s.m, 1), Partition(s.n, s.n / divisions)};
  }
  const GridSize size = CheapestGrid(divisions, [&](int64_t rows, int64_t columns) {
    const int64_t m = (s.m + rows - 1) / rows, n = std::min<int64_t>(s.n, ((s.n + columns - 1) / columns + kTwoLines - 1) / kTwoLines * kTwoLines);
    const double share = rows == 1 && PacksTogether<T, A>(s, columns) ? LanesUsed(own.outer, m) : own.template Fastest<A>(s.trans_a, s.trans_b, m, n, s.k).share;
    return double(m) * double(n) / (share > 0 ? share : kLibraryShare);
  });
  return {Ranges(s.m, std::min<int64_t>(size.rows, s.m)), Partition(s.n, (s.n + size.columns - 1) / size.columns)};
}

// A, packed by them; else null.
template <typename T, typename A>
const T* PackedTogether(const GemmShape& s, int64_t divisions, const A& a) {
  if (!PacksTogether<T, A>(s, divisions)) return nullptr;
  const OwnKernels<T>& own = OwnKernels<T>::Best();
  const OuterBlocks<T> blocks(own.outer, s.m, s.k);
  T* packed = Scratch<T, 1>(blocks.Size());
  Split({s.k, s.k / divisions}, [=](int64_t begin, int64_t end) {
    for (int64_t block = 0; block < blocks.vectors.count; block++) {
      for (int64_t d = 0; d < blocks.depths.count; d++) {
        PackOuterTransposed(own.outer, blocks, a, s.lda, block, d, begin, end, packed + blocks.Begin(block, d));
      }
    }
  });
  return packed;
}

// The product on all threads; beta = 0 does not read C. Where k is long beside m and n, as in the first layer's forward
// pass, k is divided (split-K), so that one core alone reads each element of A and B; the parts' sums are added from first to
// last; where there are more threads than depths are worth, these have C's rows divided as well. Else C's rows or columns are,
// or with many threads both. With `bias`[n], which goes with beta = 1, every row of C is that to begin with: each thread writes its part just before it adds to it.
// A may be bytes where PacksBytes says so, for A B^T.
template <typename T, typename A>
void Gemm(const GemmShape& shape, T alpha, const A& a, const T* b, T beta, T* c, const T* bias = nullptr) {
  const int64_t m = shape.m, n = shape.n, k = shape.k;
  const int64_t divisions = PartsOfProduct(m, n, k, Pool::Shared().Divisions());
  const T* ready = nullptr;
  const auto part = [&](int64_t i, int64_t height, int64_t j, int64_t width, int64_t l, int64_t depth, T scale, T* out) {
    GemmShape sub = shape;
    sub.m = int(height);
    sub.n = int(width);
    sub.k = int(depth);
    if (bias != nullptr && l == 0) FillRows(height, width, bias + j, out, shape.ldc);
    const bool ta = shape.trans_a, tb = shape.trans_b;
    const T* own_b = b + (tb ? j * shape.ldb + l : l * shape.ldb + j);
    if constexpr (kIsBytes<T, A>) SingleThreadGemm(sub, alpha, a.From(i, shape.lda, l), own_b, scale, out, ready);
    else SingleThreadGemm(sub, alpha, a + (ta ? l * shape.lda + i : i * shape.lda + l), own_b, scale, out, ready);
  };
  if (divisions > 1 && k >= 8 * std::max(m, n) && m * n <= kMaxPartialSums) {
    const Ranges depths(k, std::clamp<int64_t>(k / 256, 1, divisions), kTwoLines);
    const Ranges rows(m, std::clamp<int64_t>(divisions / depths.count, 1, (m + kMinSplitRows - 1) / kMinSplitRows));
    T* sums = Scratch<T, 1>((depths.count - 1) * m * n);
    Pool::Shared().Run(int(rows.count * depths.count), [&](int p) {
      const int64_t r = p / depths.count, d = p % depths.count, i = rows.Begin(r);
      const bool first = d == 0;
      part(i, rows.Length(r), 0, n, depths.Begin(d), depths.Length(d), first ? beta : 0, (first ? c : sums + (d - 1) * m * n) + i * n);
    });
    Split({m * n, kMemoryGrain / depths.count}, [&](int64_t begin, int64_t end) {
      for (int p = 1; p < depths.count; p++) blas::Axpy(int(end - begin), T(1), sums + (p - 1) * m * n + begin, c + begin);
    });
  } else {
    const Grid grid = GridOf<T, A>(shape, divisions);
    if (grid.rows.count == 1) ready = PackedTogether<T>(shape, grid.columns.count, a);
    Split(grid, [&](int64_t i, int64_t end_i, int64_t j, int64_t end_j) { part(i, end_i - i, j, end_j - j, 0, k, beta, c + i * n + j); });
  }
}

}  // namespace blastrain
