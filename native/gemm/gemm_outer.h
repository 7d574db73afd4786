// C[m,n] <- alpha op(A)[m,k] op(B)[k,n] + beta C on one thread, as sums of outer products of a column of op(A) and a row of op(B). B is packed, by
// vectors of its columns, unless A has few rows: B^T before a block is multiplied, B by the micro-tiles of its first rows. A's elements are broadcast
// from where they lie, those of A^T from a copy of a micro-tile's. Where B is the larger and has its rows along k, it is better that A is packed:
// GemmOuterTransposed. The next block is fetched meanwhile, line by line; A's rows are left to the CPU's own prefetching, beside which fetching them
// made the steps of large nets slower.
#pragma once

#include <algorithm>
#include <cstdint>

#include "gemm/gemm_outer_kernel.h"
#include "gemm/prefetch.h"
#include "gemm/scratch.h"
#include "gemm/shape.h"
#include "ranges.h"

namespace blastrain {

// A packed block of B, 512 KB, stays in L2; its panels pass through L1. With half the depth sums are written and read twice as often.
template <typename T>
inline constexpr int64_t kOuterKC = 4096 / sizeof(T);
inline constexpr int64_t kOuterNC = 128;
// B is packed in the time of some eight rows. With fewer rows than these it is read where it lies, as long as its rows are those of op(B).
inline constexpr int64_t kMinRowsToPack = 16;

// How op(B)[k,n] is cut: the vectors of its columns into blocks and those into panels, and its depth. Packed, a block of a depth has its panels
// one after the other.
template <typename T>
struct OuterBlocks {
  OuterBlocks(const GemmOuterKernel<T>& kernel, int64_t n, int64_t k)
      : n(n), lanes(kernel.lanes), max_vectors(kernel.max_vectors), vectors(Ranges::OfAtMost(kOuterNC / lanes, (n + lanes - 1) / lanes)),
        depths(Ranges::OfAtMost(kOuterKC<T>, k)) {}

  int64_t Column(int64_t block) const { return vectors.Begin(block) * lanes; }
  int64_t Columns(int64_t block) const { return std::min(vectors.Length(block) * lanes, n - Column(block)); }
  Ranges Panels(int64_t block) const { return Ranges::OfAtMost(max_vectors, vectors.Length(block)); }
  // Elements of the whole of op(B), packed, and of a block of a depth, and where that begins.
  int64_t Size() const { return lanes * vectors.n * depths.n; }
  int64_t Size(int64_t block, int64_t depth) const { return lanes * vectors.Length(block) * depths.Length(depth); }
  int64_t Begin(int64_t block, int64_t depth) const {
    return lanes * (vectors.Begin(block) * depths.n + vectors.Length(block) * depths.Begin(depth));
  }

  // A block of a depth, to be fetched.
  Prefetcher Packed(const T* packed, int64_t block, int64_t depth) const {
    return {packed + Begin(block, depth), 1, Size(block, depth) * int64_t(sizeof(T)), 0};
  }
  template <typename Number>
  Prefetcher Unpacked(const Number* b, int64_t ldb, bool transposed, int64_t block, int64_t depth) const {
    const int64_t j = Column(block), width = Columns(block), l = depths.Begin(depth), k = depths.Length(depth);
    const int64_t rows = transposed ? width : k, columns = transposed ? k : width;
    return {b + (transposed ? j * ldb + l : l * ldb + j), rows, columns * int64_t(sizeof(Number)), ldb * int64_t(sizeof(Number))};
  }
  Prefetcher Unpacked(const ByteInputs<T>& b, int64_t ldb, bool transposed, int64_t block, int64_t depth) const {
    return Unpacked(b.x, ldb, transposed, block, depth);
  }

  int64_t n, lanes, max_vectors;
  Ranges vectors, depths;
};

// packed <- rows [0, n) of b from a row and a column on, as columns.
template <typename T>
void PackRows(const GemmOuterKernel<T>& kernel, int64_t n, int64_t k, const T* b, int64_t ldb, int64_t row, int64_t column, int64_t width, T* packed) {
  kernel.pack_transposed(n, k, b + row * ldb + column, ldb, width, packed);
}
template <typename T>
void PackRows(const GemmOuterKernel<T>& kernel, int64_t n, int64_t k, const ByteInputs<T>& b, int64_t ldb, int64_t row, int64_t column, int64_t width,
              T* packed) {
  kernel.pack_bytes(n, k, b.From(row, ldb, column), ldb, width, packed);
}

// packed <- of a block of a depth of op(B) = b[n,k]^T, floats or bytes, what lies between `from` and `to` of k.
template <typename T, typename B>
void PackOuterTransposed(const GemmOuterKernel<T>& kernel, const OuterBlocks<T>& blocks, const B& b, int64_t ldb, int64_t block, int64_t depth,
                         int64_t from, int64_t to, T* packed) {
  const int64_t begin = blocks.depths.Begin(depth), k = blocks.depths.Length(depth);
  from = std::max(from, begin);
  to = std::min(to, begin + k);
  const Ranges panels = blocks.Panels(block);
  for (int64_t p = 0; p < panels.count && from < to; p++) {
    const int64_t j = panels.Begin(p) * blocks.lanes, width = panels.Length(p) * blocks.lanes, used = std::min(width, blocks.Columns(block) - j);
    PackRows(kernel, used, to - from, b, ldb, blocks.Column(block) + j, from, width, packed + j * k + (from - begin) * width);
  }
}

// C <- alpha op(A) op(B) + beta C; beta = 0 does not read C. The CPU must have a micro-kernel (kernel.max_vectors > 0). `ready` is the whole of
// op(B), packed, where the caller has it. B may be bytes where it is transposed and the kernel packs them.
template <typename T, typename B>
void GemmOuter(const GemmOuterKernel<T>& kernel, const GemmShape& s, T alpha, const T* a, const B& b, T beta, T* c, const T* ready = nullptr) {
  constexpr bool bytes = kIsBytes<T, B>;
  const int64_t lanes = kernel.lanes, lda = s.lda, ldb = s.ldb;
  const OuterBlocks<T> blocks(kernel, s.n, s.k);
  const bool few = s.m < kMinRowsToPack && !s.trans_b && ready == nullptr;
  const int64_t most_k = std::min<int64_t>(s.k, kOuterKC<T>), most = ready != nullptr ? 0 : std::min<int64_t>(s.n + lanes, kOuterNC) * most_k;
  T* scratch = Scratch<T>(most + GemmOuterKernel<T>::kRows[0] * most_k);
  T* copied = scratch + most;
  for (int64_t block = 0; block < blocks.vectors.count; block++) {
    const int64_t column = blocks.Column(block), n = blocks.Columns(block);
    const Ranges panels = blocks.Panels(block);
    for (int64_t d = 0; d < blocks.depths.count; d++) {
      const int64_t l = blocks.depths.Begin(d), k = blocks.depths.Length(d);
      int kind = 2 * blocks.vectors.Length(block) <= kernel.max_vectors ? 0 : 1;
      const bool wide = kind == 1;
      // Whether a panel of B is read where it lies: by all micro-tiles, or by those of the first rows, which copy it.
      const auto in_place = [&](int64_t j, int64_t width) {
        return !s.trans_b && ready == nullptr && (few || (wide && kernel.copying[width / lanes - 1] != nullptr)) && j + width <= n;
      };
      if (ready == nullptr && s.trans_b) {
        PackOuterTransposed(kernel, blocks, b, ldb, block, d, l, l + k, scratch);
      } else if (ready == nullptr) {
        if constexpr (!bytes) {
          for (int64_t p = 0; p < panels.count; p++) {
            const int64_t j = panels.Begin(p) * lanes, width = panels.Length(p) * lanes;
            if (!in_place(j, width)) PackPanel(k, b + l * ldb + column + j, ldb, std::min(width, n - j), width, scratch + j * k);
          }
        }
      }
      const T* packed = ready == nullptr ? scratch : ready + blocks.Begin(block, d);

      const bool deeper = d + 1 < blocks.depths.count;
      const int64_t next = block + (deeper ? 0 : 1), next_d = deeper ? d + 1 : 0;
      Prefetcher ahead;
      if (next < blocks.vectors.count) ahead = ready == nullptr ? blocks.Unpacked(b, ldb, s.trans_b, next, next_d) : blocks.Packed(ready, next, next_d);
      const int64_t tiles = (s.m / GemmOuterKernel<T>::kRows[kind] + 1) * panels.count;
      const int64_t fetches = tiles * std::max<int64_t>(1, k / kOuterFetchDepth);
      const int64_t lines = (ahead.Lines() + fetches - 1) / fetches;
      for (int64_t i = 0; i < s.m; i += GemmOuterKernel<T>::kRows[kind]) {
        while (GemmOuterKernel<T>::kRows[kind] > s.m - i) kind++;
        const int64_t rows = GemmOuterKernel<T>::kRows[kind];
        if (s.trans_a) PackPanel(k, a + l * lda + i, lda, rows, rows, copied);
        for (int64_t p = 0; p < panels.count; p++) {
          const int64_t j = panels.Begin(p) * lanes, width = panels.Length(p) * lanes;
          const bool reads_b = (few || i == 0) && in_place(j, width);
          const T* columns_of_b = packed + j * k;
          if constexpr (!bytes) {
            if (reads_b) columns_of_b = b + l * ldb + column + j;
          }
          (reads_b && !few ? kernel.copying : kernel.functions[kind])[panels.Length(p) - 1](
              {k, s.trans_a ? copied : a + i * lda + l, s.trans_a ? 1 : lda, s.trans_a ? rows : 1,
               columns_of_b, reads_b ? ldb : width, scratch + j * k, alpha, d == 0 ? beta : T(1),
               c + i * s.ldc + column + j, s.ldc, n - j, &ahead, lines});
        }
      }
    }
  }
}

// C <- alpha A B^T + beta C as (B A^T)^T: A is packed in place of B, whose rows are read where they lie, once. For a layer's forward pass, whose
// weights are larger than its batch. A may be bytes where the kernel packs them. `ready` is A, packed.
template <typename T, typename A>
void GemmOuterTransposed(const GemmOuterKernel<T>& kernel, const GemmShape& s, T alpha, const A& a, const T* b, T beta, T* c, const T* ready = nullptr) {
  constexpr int64_t line = 64 / sizeof(T), columns = 4 * line;
  GemmShape turned(false, true, s.n, s.m, s.k);
  turned.lda = s.ldb;
  turned.ldb = s.lda;
  turned.ldc = int(((s.m + line - 1) / line | 1) * line);  // An odd number of cache lines, so that rows fall into different cache sets.
  T* product = Scratch<T, 3>(int64_t(s.n) * turned.ldc + s.m * columns);
  T* panel = product + int64_t(s.n) * turned.ldc;
  GemmOuter(kernel, turned, T(1), b, a, T(0), product, ready);
  for (int64_t j = 0; j < s.n; j += columns) {
    const int64_t width = std::min<int64_t>(columns, s.n - j);
    kernel.pack_transposed(width, s.m, product + j * turned.ldc, turned.ldc, columns, panel);
    for (int64_t i = 0; i < s.m; i++) Accumulate(width, alpha, panel + i * columns, beta, c + i * s.ldc + j);
  }
}

}  // namespace blastrain
