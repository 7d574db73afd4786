// A product on one thread: by own tiles where these are faster, else by OpenBLAS.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "blas.h"
#include "kernels/dots.h"
#include "kernels/loops.h"
#include "stretches.h"

namespace blastrain {

// A block of A, that many rows of so many bytes, stays in the second-level cache, a panel of rows as long in the first. So do
// the sums of a block's rows and that many columns, whatever the stride of C: 256 x 1024 x 3072 takes 4.2 ms instead of
// 4.6 where sums are added to C itself, whose rows are 4096 bytes apart and compete for the same places.
inline constexpr int64_t kBlockRows = 128;
inline constexpr int64_t kBlockBytes = 4096;
inline constexpr int64_t kBlockColumns = 512;
// A larger B comes from further away than the second-level cache.
inline constexpr size_t kNearBytes = 1 << 20;
// Where there is less to do OpenBLAS is faster: it has kernels for up to 100^3 multiplications, and of short rows adding up the
// elements of a tile's sums takes too large a part.
inline constexpr int64_t kLeastTiled = 1000000;
inline constexpr int64_t kLeastBytes = 1024;

// As few stretches of at most `most` as there can be.
struct Shares : Stretches {
  Shares(int64_t n, int64_t most, int64_t step) : Stretches(n, (n + most - 1) / most, step) {}
};

// n elements from a cache line's border on, in the calling thread's memory: other ones for each `use`. 0 is for what computes a
// part; a caller takes 1 for what it hands to the parts, one of which it computes itself.
template <typename T, int use = 0>
T* Scratch(int64_t n) {
  constexpr int64_t line = 64 / sizeof(T);
  thread_local std::vector<T> scratch;
  scratch.resize(std::max<size_t>(scratch.size(), n + line));
  return scratch.data() + line - reinterpret_cast<uintptr_t>(scratch.data()) % 64 / sizeof(T);
}

// c <- alpha sums + beta c; beta = 0 does not read c.
template <typename T>
BLASTRAIN_KERNEL void Accumulate(int64_t n, T alpha, const T* sums, T beta, T* c) {
  if (beta == 0) {
    for (int64_t j = 0; j < n; j++) c[j] = alpha * sums[j];
  } else {
    for (int64_t j = 0; j < n; j++) c[j] = alpha * sums[j] + beta * c[j];
  }
}

// sums[m, n], `stride` apart, <- a[m, k] b[n, k]^T, or that is added to them. Where b is not in the second-level cache, a panel
// is fetched while the one before crosses with the rows of a: in a training step large weights come from main memory (256 x
// 1024 x 3072: 3.9 ms instead of 4.3).
template <typename T>
void MultiplyBlock(const Dots<T>& dots, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
                   bool far, bool add, T* panel, T* sums, int64_t stride) {
  const int64_t lead = reinterpret_cast<uintptr_t>(a) / sizeof(T) % dots.lanes;
  const int64_t ahead = far ? (4 * k + m - 1) / m : 0;  // elements of each row that are fetched while a tile is computed
  const Shares panels(n, dots.rows, 1);
  for (int64_t p = 0; p < panels.count; p++) {
    const int64_t j = panels.Begin(p), rows = panels.Length(p);
    dots.pack(lead, k, rows, b + j * ldb, ldb, panel);
    const T* next = b + (j + rows) * ldb;  // May lie behind the end: a fetch reads nothing.
    for (int64_t i = 0; i < m; i += 4, next += ahead) {
      const T* four[4];
      for (int64_t r = 0; r < 4; r++) four[r] = a + std::min(i + r, m - 1) * lda;
      for (int64_t r = 0; r < rows; r++) {
        for (int64_t l = 0; l < ahead; l += int64_t(64 / sizeof(T))) __builtin_prefetch(next + r * ldb + l);
      }
      dots.functions[rows - 1](lead, k, four, panel, add, sums + i * stride + j, stride);
    }
  }
}

// C <- alpha A B^T + beta C.
template <typename T>
void MultiplyRows(const Dots<T>& dots, const blas::GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  constexpr int64_t line = 64 / sizeof(T), longest = kBlockBytes / sizeof(T);
  const Shares blocks(s.m, kBlockRows, 4), groups(s.n, kBlockColumns, line), inner(s.k, longest, line);
  const bool far = size_t(s.n) * s.k * sizeof(T) > kNearBytes;
  const int64_t stride = kBlockColumns + 3 * line;  // an odd number of lines
  const int64_t panel_size = Dots<T>::kMostRows * (longest + 3 * line);
  T* panel = Scratch<T>(panel_size + (kBlockRows + 8) * stride);
  T* sums = panel + panel_size;
  for (int64_t block = 0; block < blocks.count; block++) {
    const int64_t i = blocks.Begin(block), m = blocks.Length(block);
    for (int64_t group = 0; group < groups.count; group++) {
      const int64_t j = groups.Begin(group), n = groups.Length(group);
      for (int64_t q = 0; q < inner.count; q++) {
        const int64_t l = inner.Begin(q);
        MultiplyBlock(dots, m, n, inner.Length(q), a + i * s.lda + l, s.lda, b + j * s.ldb + l, s.ldb, far, q > 0, panel,
                      sums, stride);
      }
      for (int64_t r = 0; r < m; r++) Accumulate(n, alpha, sums + r * stride, beta, c + (i + r) * s.ldc + j);
    }
  }
}

// C <- alpha op(A) op(B) + beta C.
template <typename T>
void Multiply(const blas::GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  static const Dots<T> dots = BestDots<T>();
  const bool rows = s.trans_a == CblasNoTrans && s.trans_b == CblasTrans;
  const bool large = int64_t(s.m) * s.n * s.k > kLeastTiled && s.k * int64_t(sizeof(T)) >= kLeastBytes && s.m >= 4 && s.n >= 4;
  if (dots.rows > 0 && rows && large) return MultiplyRows(dots, s, alpha, a, b, beta, c);
  blas::Gemm(s, alpha, a, b, beta, c);
}

}  // namespace blastrain
