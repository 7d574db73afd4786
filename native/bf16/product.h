// Products of float32 matrices on tiles of bfloat16: of elements that are rounded (one part), or split in three so that nothing
// is lost; sums are float32. An element's sum runs over the whole depth in the same order whatever the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "bf16/pack.h"
#include "bf16/tiles.h"
#include "blas.h"
#include "multiply.h"
#include "pool.h"

namespace blastrain::bf16 {

// Number i of `threads` even parts of [0, count).
struct Range {
  Range(int64_t count, int i, int threads) : begin(count * i / threads), end(count * (i + 1) / threads) {}

  int64_t Length() const { return end - begin; }

  int64_t begin, end;
};

// Columns of dW that are updated at a time, and pairs of x packed for that, which stay in the second-level cache.
inline constexpr int64_t kWidest = 384;
inline constexpr int64_t kPackedPairs = 1 << 16;

inline int ThreadsFor(int64_t m, int64_t n, int64_t k) { return m * n * k < kLeastProduct ? 1 : Pool::Shared().Threads(); }

// C <- alpha A B + beta C; beta = 0 leaves C unread.
template <int parts>
void Gemm(const Factor<>& left, const Factor<>& right, float alpha, float beta, float* c) {
  const int64_t m = left.lines, n = right.lines;
  const DotTiles& tiles = UsedTiles();
  const int threads = ThreadsFor(m, n, left.depth);

  const int64_t blocks = left.Blocks(), group = blocks * kBlock;
  const int64_t part = (left.Groups() + right.Groups()) * group;
  const Packed rows{Scratch<uint32_t, 1>(parts * part), group, part}, columns = rows.From(left.Groups());
  Pool::Shared().Run(threads, [&](int i) {
    const Range of_rows(left.Groups(), i, threads), of_columns(right.Groups(), i, threads);
    Pack<parts>(left, Side::kLeft, of_rows.begin, of_rows.end, rows);
    Pack<parts>(right, Side::kRight, of_columns.begin, of_columns.end, columns);
  });

  // Each thread takes rows of C, or columns where there are more of those.
  const bool by_rows = left.Groups() > right.Groups();
  Pool::Shared().Run(threads, [&](int i) {
    const Range own_rows = by_rows ? Range(left.Groups(), i, threads) : Range(left.Groups(), 0, 1);
    const Range own_columns = by_rows ? Range(right.Groups(), 0, 1) : Range(right.Groups(), i, threads);
    const Shares down(own_rows.Length(), tiles.rows, 1), across(own_columns.Length(), tiles.columns, 1);
    const Tiling tiling;
    Lines none;
    alignas(64) float sums[kMostRows * kMostColumns];
    for (int64_t v = 0; v < across.count; v++) {
      const int64_t column = own_columns.begin + across.Begin(v), j = column * kLines;
      const int64_t width = std::min(n - j, across.Length(v) * kLines);
      for (int64_t u = 0; u < down.count; u++) {
        const int64_t row = own_rows.begin + down.Begin(u), first = row * kLines;
        const int64_t height = std::min(m - first, down.Length(u) * kLines);
        tiles.function({blocks, PassesOf<parts>(), rows.From(row), columns.From(column), height, int(across.Length(v)), sums,
                        kMostColumns}, none);
        for (int64_t r = 0; r < height; r++) Accumulate(width, alpha, sums + r * kMostColumns, beta, c + (first + r) * n + j);
      }
    }
  });
}

// dW[n,k] = alpha A B and the update made from it, as blastrain::Descend.
template <int parts, typename Update>
void Descend(const Factor<>& left, const Factor<>& right, float alpha, std::initializer_list<const float*> arrays,
             const Update& update) {
  const int64_t n = left.lines, k = right.lines;
  if (n == 0 || k == 0) return;
  const DotTiles& tiles = UsedTiles();
  const int threads = ThreadsFor(n, k, left.depth);

  const int64_t blocks = left.Blocks(), group = blocks * kBlock, part = left.Groups() * group;
  const Packed rows{Scratch<uint32_t, 1>(parts * part), group, part};
  Pool::Shared().Run(threads, [&](int i) {
    const Range own(left.Groups(), i, threads);
    Pack<parts>(left, Side::kLeft, own.begin, own.end, rows);
  });

  const int64_t widest = std::clamp<int64_t>(kPackedPairs / std::max<int64_t>(1, parts * group), 1, kWidest / kLines);
  Pool::Shared().Run(threads, [&](int i) {
    const Packed columns{Scratch<uint32_t>(parts * widest * group), group, widest * group};
    const int64_t stride = widest * kLines;
    float* g = Scratch<float>(tiles.rows * kLines * stride);
    const Tiling tiling;
    const Range own(right.Groups(), i, threads);
    const Shares stretches(own.Length(), widest, 1), down(left.Groups(), tiles.rows, 1);
    for (int64_t s = 0; s < stretches.count; s++) {
      const int64_t from = own.begin + stretches.Begin(s), groups = stretches.Length(s);
      const int64_t width = std::min(k - from * kLines, groups * kLines);
      Pack<parts>(right, Side::kRight, from, from + groups, columns.From(-from));
      const Shares across(groups, tiles.columns, 1);
      for (int64_t u = 0; u < down.count; u++) {
        const int64_t row = down.Begin(u) * kLines, height = std::min(n - row, down.Length(u) * kLines);
        const int64_t first = row * k + from * kLines;
        for (int64_t v = 0; v < across.count; v++) {
          const int64_t j = across.Begin(v) * kLines;
          Lines lines;
          for (int64_t r = 0; r < height; r++) {
            for (const float* array : arrays) lines.Add(array + first + r * k + j, across.Length(v) * kLines);
          }
          tiles.function({blocks, PassesOf<parts>(), rows.From(down.Begin(u)), columns.From(across.Begin(v)), height,
                          int(across.Length(v)), g + j, stride}, lines);
        }
        for (int64_t r = 0; r < height; r++) {
          if (alpha != 1) Accumulate(width, alpha, g + r * stride, 0.0f, g + r * stride);
          update(first + r * k, width, g + r * stride);
        }
      }
    }
  });
}

// The factors of C = op(A) op(B); with alpha = 0 nothing of them is read.
inline Factor<> LeftOf(const blas::GemmShape& s, float alpha, const float* a) {
  const bool across = s.trans_a == CblasTrans;
  return {a, s.m, alpha == 0 ? 0 : s.k, across ? 1 : s.lda, across ? s.lda : 1};
}
inline Factor<> RightOf(const blas::GemmShape& s, float alpha, const float* b) {
  const bool across = s.trans_b == CblasTrans;
  return {b, s.n, alpha == 0 ? 0 : s.k, across ? s.ldb : 1, across ? 1 : s.ldb};
}
// Those of dyT x over m examples, dy[m, n] and x[m, k].
inline Factor<> LeftOf(int64_t m, int64_t n, const float* dy) { return {dy, n, m, 1, n}; }
inline Factor<> RightOf(int64_t m, int64_t k, const float* x) { return {x, k, m, 1, k}; }

}  // namespace blastrain::bf16
