// C[m,n] <- alpha A[m,k] B[n,k]^T + beta C on one thread, blocked as in BLIS: NC columns, MC rows and KC of the depth at a
// time, in micro-tiles of MR x NR. Only B is packed: A's rows lie along k already, so that a layer's forward pass does not
// copy its batch.
#pragma once

#include <algorithm>
#include <cstdint>

#include "blas.h"
#include "gemm/gemm_nt_kernel.h"
#include "gemm/scratch.h"
#include "ranges.h"

namespace blastrain {

// MC x KC of A stay in L2, NR x KC of packed B in L1. Sums of MC x NC are kept in L2 as well instead of adding to C, whose
// rows may be a power of two apart and then compete for the same cache sets: 256 x 1024 x 3072 takes 4.2 ms instead of 4.6.
inline constexpr int64_t kNtMC = 128;
inline constexpr int64_t kNtKCBytes = 4096;
inline constexpr int64_t kNtNC = 512;
// A B of more bytes than this does not stay in L2.
inline constexpr size_t kNtL2Bytes = 1 << 20;

// sums[m,n], rows `stride` apart, <- A B^T for one block, or += if `add`. `panel` is memory for a packed B panel. With
// `prefetch`, for a B beyond L2, the next panel is fetched while this one is multiplied: large weights come from main memory
// (256 x 1024 x 3072: 3.9 ms instead of 4.3).
template <typename T>
void GemmNtMacroKernel(const GemmNtKernel<T>& kernel, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b,
                       int64_t ldb, bool prefetch, bool add, T* panel, T* sums, int64_t stride) {
  constexpr int64_t mr = GemmNtKernel<T>::kMR;
  const int64_t lead = reinterpret_cast<uintptr_t>(a) / sizeof(T) % kernel.lanes;
  const int64_t ahead = prefetch ? (mr * k + m - 1) / m : 0;  // Elements of each row to fetch per micro-tile.
  const Ranges panels = Ranges::OfAtMost(kernel.nr, n);
  for (int64_t p = 0; p < panels.count; p++) {
    const int64_t j = panels.Begin(p), nr = panels.Length(p);
    kernel.pack_b(lead, k, nr, b + j * ldb, ldb, panel);
    const T* next = b + (j + nr) * ldb;  // May lie past the end: a prefetch does not fault.
    for (int64_t i = 0; i < m; i += mr, next += ahead) {
      const T* rows[mr];
      for (int64_t r = 0; r < mr; r++) rows[r] = a + std::min(i + r, m - 1) * lda;
      for (int64_t r = 0; r < nr; r++) {
        for (int64_t l = 0; l < ahead; l += int64_t(64 / sizeof(T))) __builtin_prefetch(next + r * ldb + l);
      }
      kernel.functions[nr - 1](lead, k, rows, panel, add, sums + i * stride + j, stride);
    }
  }
}

// C <- alpha A B^T + beta C; beta = 0 does not read C. The CPU must have a micro-kernel (kernel.nr > 0).
template <typename T>
void GemmNt(const GemmNtKernel<T>& kernel, const GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  constexpr int64_t line = 64 / sizeof(T), max_kc = kNtKCBytes / sizeof(T);
  const Ranges row_blocks = Ranges::OfAtMost(kNtMC, s.m, GemmNtKernel<T>::kMR);
  const Ranges column_blocks = Ranges::OfAtMost(kNtNC, s.n, line);
  const Ranges depth_blocks = Ranges::OfAtMost(max_kc, s.k, line);
  const bool prefetch = size_t(s.n) * s.k * sizeof(T) > kNtL2Bytes;
  const int64_t stride = kNtNC + 3 * line;  // An odd number of cache lines, so that rows fall into different cache sets.
  const int64_t panel_size = GemmNtKernel<T>::kMaxNR * (max_kc + 3 * line);
  T* panel = Scratch<T>(panel_size + (kNtMC + 8) * stride);
  T* sums = panel + panel_size;
  for (int64_t ic = 0; ic < row_blocks.count; ic++) {
    const int64_t i = row_blocks.Begin(ic), mc = row_blocks.Length(ic);
    for (int64_t jc = 0; jc < column_blocks.count; jc++) {
      const int64_t j = column_blocks.Begin(jc), nc = column_blocks.Length(jc);
      for (int64_t pc = 0; pc < depth_blocks.count; pc++) {
        const int64_t l = depth_blocks.Begin(pc), kc = depth_blocks.Length(pc);
        GemmNtMacroKernel(kernel, mc, nc, kc, a + i * s.lda + l, s.lda, b + j * s.ldb + l, s.ldb, prefetch, pc > 0, panel, sums,
                          stride);
      }
      for (int64_t r = 0; r < mc; r++) Accumulate(nc, alpha, sums + r * stride, beta, c + (i + r) * s.ldc + j);
    }
  }
}

}  // namespace blastrain
