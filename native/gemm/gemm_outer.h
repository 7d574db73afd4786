// C[m,n] <- alpha op(A)[m,k] op(B)[k,n] + beta C on one thread, as sums of outer products of a column of op(A) and a row of op(B). B is packed, by
// vectors of its columns, unless A has few rows; A's elements are broadcast from where they lie, those of A^T from a copy of a micro-tile's.
// Where B is the larger and has its rows along k, it is better that A is packed: GemmOuterTransposed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "gemm/gemm_outer_kernel.h"
#include "gemm/prefetch.h"
#include "gemm/scratch.h"
#include "gemm/shape.h"
#include "ranges.h"

namespace blastrain {

// A packed block of B stays in L2, as deep as this; its panels pass through L1.
inline constexpr int64_t kOuterKC = 512;
inline constexpr int64_t kOuterNC = 192;  // A multiple of every panel's width.
// B is packed in the time of some eight rows. With fewer rows than these it is read where it lies, as long as its rows are those of op(B).
inline constexpr int64_t kMinRowsToPack = 16;

// C <- alpha op(A) op(B) + beta C; beta = 0 does not read C. The CPU must have a micro-kernel (kernel.max_vectors > 0).
template <typename T>
void GemmOuter(const GemmOuterKernel<T>& kernel, const GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  const int64_t lanes = kernel.lanes;
  const Ranges blocks = Ranges::OfAtMost(kOuterNC, s.n, kernel.max_vectors * lanes);
  const Ranges depths = Ranges::OfAtMost(kOuterKC, s.k);
  const auto block_at = [=](int64_t j, int64_t l) { return b + (s.trans_b ? j * s.ldb + l : l * s.ldb + j); };
  const bool few = s.m < kMinRowsToPack && !s.trans_b;
  const int64_t most_k = std::min<int64_t>(s.k, 2 * kOuterKC);
  T* packed = Scratch<T>((std::min<int64_t>(s.n, 2 * kOuterNC) + lanes + GemmOuterKernel<T>::kRows[0]) * most_k);
  T* copied = packed + (std::min<int64_t>(s.n, 2 * kOuterNC) + lanes) * most_k;
  for (int64_t block = 0; block < blocks.count; block++) {
    const int64_t from = blocks.Begin(block), n = blocks.Length(block), vectors = (n + lanes - 1) / lanes;
    const Ranges panels = Ranges::OfAtMost(kernel.max_vectors, vectors);
    for (int64_t d = 0; d < depths.count; d++) {
      const int64_t l = depths.Begin(d), k = depths.Length(d);
      const auto in_place = [=](int64_t j, int64_t width) { return few && j + width <= n; };
      for (int64_t p = 0; p < panels.count; p++) {
        const int64_t j = panels.Begin(p) * lanes, width = panels.Length(p) * lanes, used = std::min<int64_t>(width, n - j);
        if (s.trans_b) kernel.pack_transposed(used, k, block_at(from + j, l), s.ldb, width, packed + j * k);
        else if (!in_place(j, width)) PackPanel(k, block_at(from + j, l), s.ldb, used, width, packed + j * k);
      }
      Prefetcher prefetcher;
      const bool deeper = d + 1 < depths.count;
      const int64_t next = block + (deeper ? 0 : 1), next_d = deeper ? d + 1 : 0;
      if (next < blocks.count) {
        const int64_t next_n = blocks.Length(next), next_k = depths.Length(next_d);
        prefetcher = Prefetcher(block_at(blocks.Begin(next), depths.Begin(next_d)), s.trans_b ? next_n : next_k,
                                (s.trans_b ? next_k : next_n) * int64_t(sizeof(T)), s.ldb * int64_t(sizeof(T)));
      }
      int kind = 2 * vectors <= kernel.max_vectors ? 0 : 1;
      const int64_t tiles = (s.m / GemmOuterKernel<T>::kRows[kind] + 1) * panels.count;
      const int64_t ahead = (prefetcher.Lines() + tiles - 1) / tiles;
      for (int64_t i = 0; i < s.m; i += GemmOuterKernel<T>::kRows[kind]) {
        while (GemmOuterKernel<T>::kRows[kind] > s.m - i) kind++;
        const int64_t rows = GemmOuterKernel<T>::kRows[kind];
        if (s.trans_a) PackPanel(k, a + l * s.lda + i, s.lda, rows, rows, copied);
        for (int64_t p = 0; p < panels.count; p++) {
          const int64_t j = panels.Begin(p) * lanes, width = panels.Length(p) * lanes;
          prefetcher.Fetch(ahead);
          const bool stays = in_place(j, width);
          kernel.functions[kind][panels.Length(p) - 1](
              {k, s.trans_a ? copied : a + i * s.lda + l, s.trans_a ? 1 : s.lda, s.trans_a ? rows : 1,
               stays ? block_at(from + j, l) : packed + j * k, stays ? s.ldb : width, alpha, d == 0 ? beta : T(1), c + i * s.ldc + from + j,
               s.ldc, n - j});
        }
      }
    }
  }
}

// C <- alpha A B^T + beta C as (B A^T)^T: A is packed in place of B, whose rows are read where they lie, once. For a layer's forward pass, whose
// weights are larger than its batch (200 x 1024 x 3072 on an Emerald Rapids, one thread: 85 % of the FMA limit instead of gemm_nt.h's 78).
template <typename T>
void GemmOuterTransposed(const GemmOuterKernel<T>& kernel, const GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  constexpr int64_t line = 64 / sizeof(T), columns = 4 * line;
  GemmShape turned(false, true, s.n, s.m, s.k);
  turned.lda = s.ldb;
  turned.ldb = s.lda;
  turned.ldc = int(((s.m + line - 1) / line | 1) * line);  // An odd number of cache lines, so that rows fall into different cache sets.
  T* product = Scratch<T, 3>(int64_t(s.n) * turned.ldc + s.m * columns);
  T* panel = product + int64_t(s.n) * turned.ldc;
  GemmOuter(kernel, turned, T(1), b, a, T(0), product);
  for (int64_t j = 0; j < s.n; j += columns) {
    const int64_t width = std::min<int64_t>(columns, s.n - j);
    kernel.pack_transposed(width, s.m, product + j * turned.ldc, turned.ldc, columns, panel);
    for (int64_t i = 0; i < s.m; i++) Accumulate(width, alpha, panel + i * columns, beta, c + i * s.ldc + j);
  }
}

}  // namespace blastrain
