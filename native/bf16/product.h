// Products of float32 matrices whose elements are rounded to bfloat16 first; sums are float32. An element's sum runs over the whole
// depth in the same order whatever the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "bf16/pack.h"
#include "bf16/tiles.h"
#include "blas.h"
#include "gemm.h"
#include "pool.h"

namespace blastrain::bf16 {

// Part i of `threads` even ones of [0, count).
struct Part {
  Part(int64_t count, int i, int threads) : begin(count * i / threads), end(count * (i + 1) / threads) {}

  int64_t Length() const { return end - begin; }

  int64_t begin, end;
};

// Columns of dW that are updated at a time, and pairs of x packed for that, which stay in the second-level cache.
inline constexpr int64_t kWidest = 384;
inline constexpr int64_t kPackedPairs = 1 << 16;

inline const DotTiles& UsedTiles() {
  static const DotTiles tiles = BestDotTiles();
  return tiles;
}

inline int ThreadsFor(int64_t m, int64_t n, int64_t k) { return m * n * k < kLeastProduct ? 1 : Pool::Shared().Threads(); }

// C <- alpha op(A) op(B) + beta C. alpha = 0 leaves A and B unread, beta = 0 leaves C.
inline void Gemm(const blas::GemmShape& shape, float alpha, const float* a, const float* b, float beta, float* c) {
  const int64_t m = shape.m, n = shape.n, k = alpha == 0 ? 0 : shape.k;
  const bool ta = shape.trans_a == CblasTrans, tb = shape.trans_b == CblasTrans;
  const Factor left{a, m, k, ta ? 1 : shape.lda, ta ? shape.lda : 1};
  const Factor right{b, n, k, tb ? shape.ldb : 1, tb ? 1 : shape.ldb};
  const DotTiles& tiles = UsedTiles();
  const int threads = ThreadsFor(m, n, k);

  const int64_t blocks = left.Blocks(), group = blocks * kBlock;
  uint32_t* pairs = Scratch<uint32_t>((left.Groups() + right.Groups()) * group);
  const Packed rows{pairs, group}, columns{pairs + left.Groups() * group, group};
  Pool::Shared().Run(threads, [&](int i) {
    const Part of_rows(left.Groups(), i, threads), of_columns(right.Groups(), i, threads);
    Pack(left, Side::kLeft, of_rows.begin, of_rows.end, rows);
    Pack(right, Side::kRight, of_columns.begin, of_columns.end, columns);
  });

  // Each thread takes rows of C, or columns where there are more of those.
  const bool by_rows = left.Groups() > right.Groups();
  Pool::Shared().Run(threads, [&](int i) {
    const Part own_rows = by_rows ? Part(left.Groups(), i, threads) : Part(left.Groups(), 0, 1);
    const Part own_columns = by_rows ? Part(right.Groups(), 0, 1) : Part(right.Groups(), i, threads);
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
        tiles.function({blocks, rows.From(row), columns.From(column), height, int(across.Length(v)), sums, kMostColumns}, none);
        for (int64_t r = 0; r < height; r++) Accumulate(width, alpha, sums + r * kMostColumns, beta, c + (first + r) * n + j);
      }
    }
  });
}

// dW[n,k] = dyT x over m examples and the update made from it, as blastrain::Descend.
template <typename Update>
void Descend(int64_t m, int64_t n, int64_t k, const float* dy, const float* x, std::initializer_list<const float*> arrays,
             const Update& update) {
  if (n == 0 || k == 0) return;
  const Factor left{dy, n, m, 1, n}, right{x, k, m, 1, k};
  const DotTiles& tiles = UsedTiles();
  const int threads = ThreadsFor(m, n, k);

  const int64_t blocks = left.Blocks(), group = blocks * kBlock;
  const Packed rows{Scratch<uint32_t>(left.Groups() * group), group};
  Pool::Shared().Run(threads, [&](int i) {
    const Part own(left.Groups(), i, threads);
    Pack(left, Side::kLeft, own.begin, own.end, rows);
  });

  const int64_t widest = std::clamp<int64_t>(kPackedPairs / std::max<int64_t>(1, group), 1, kWidest / kLines);
  Pool::Shared().Run(threads, [&](int i) {
    const Packed columns{Scratch<uint32_t, 1>(widest * group), group};
    const int64_t stride = widest * kLines;
    float* g = Scratch<float>(tiles.rows * kLines * stride);
    const Tiling tiling;
    const Part own(right.Groups(), i, threads);
    const Shares stretches(own.Length(), widest, 1), down(left.Groups(), tiles.rows, 1);
    for (int64_t s = 0; s < stretches.count; s++) {
      const int64_t from = own.begin + stretches.Begin(s), groups = stretches.Length(s);
      const int64_t width = std::min(k - from * kLines, groups * kLines);
      Pack(right, Side::kRight, from, from + groups, columns.From(-from));
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
          tiles.function({blocks, rows.From(down.Begin(u)), columns.From(across.Begin(v)), height, int(across.Length(v)), g + j,
                          stride}, lines);
        }
        for (int64_t r = 0; r < height; r++) update(first + r * k, width, g + r * stride);
      }
    }
  });
}

}  // namespace blastrain::bf16
