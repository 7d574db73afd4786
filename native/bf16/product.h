// Products of matrices on tiles of bfloat16: of elements that are rounded (one part), of bytes (one part, exact), or of float32
// split in three so that nothing is lost; sums are float32. An element's sum runs over the whole depth in the same order whatever
// the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "bf16/pack.h"
#include "bf16/tiles.h"
#include "blas.h"
#include "kernels/bias.h"
#include "multiply.h"
#include "pool.h"
#include "stretches.h"

namespace blastrain::bf16 {

// Pairs that are packed at a time, which stay in the second-level cache.
inline constexpr int64_t kPackedPairs = 1 << 16;
// Depth that is summed on its own where a product is much deeper than wide, in blocks.
inline constexpr int64_t kSegment = 16;

inline int ThreadsFor(int64_t m, int64_t n, int64_t k) { return m * n * k < kLeastProduct ? 1 : Pool::Shared().Threads(); }

// All of a factor, packed by all threads into the caller's memory.
template <int parts, typename Source>
Packed PackWhole(const Factor<Source>& factor, Side side, int threads) {
  const int64_t group = factor.Blocks() * kBlock, part = factor.Groups() * group;
  const Packed packed{Scratch<uint32_t, 1>(parts * part), group, part};
  Pool::Shared().Run(threads, [&](int i) {
    const Stretches own(factor.Groups(), threads);
    Pack<parts>(factor, side, own.Begin(i), own.End(i), packed);
  });
  return packed;
}

// How many groups of a factor fit the cache, packed, at most `most`: whole tiles, where one does.
template <int parts, typename Source>
int64_t PanelOf(const Factor<Source>& factor, int64_t tile, int64_t most) {
  const int64_t fit = std::clamp<int64_t>(kPackedPairs / std::max<int64_t>(1, parts * factor.Blocks() * kBlock), 1, most);
  return fit < tile ? fit : fit / tile * tile;
}

// Each thread packs its own lines of a factor, a panel of groups at a time, and calls use(packed, first line, lines).
template <int parts, typename Source, typename Use>
void ForEachPanel(const Factor<Source>& factor, Side side, int64_t panel, int threads, const Use& use) {
  const int64_t group = factor.Blocks() * kBlock;
  panel = std::min(panel, (factor.Groups() + threads - 1) / threads);
  Pool::Shared().Run(threads, [&](int i) {
    const Tiling tiling;
    const Packed packed{Scratch<uint32_t>(parts * panel * group), group, panel * group};
    const Stretches own(factor.Groups(), threads);
    for (int64_t from = own.Begin(i); from < own.End(i); from += panel) {
      const int64_t to = std::min(own.End(i), from + panel);
      Pack<parts>(factor, side, from, to, packed.From(-from));
      use(packed, from * kLines, std::min(factor.lines, to * kLines) - from * kLines);
    }
  });
}

// Packed factors, how deep they are, and which of their parts are multiplied.
struct PackedProduct {
  int64_t blocks;
  Passes passes;
  Packed rows, columns;
};

// take(row, height, column, width, sums) for each tile of a product of so many lines; rows of sums are kMostColumns apart.
template <typename Take>
void ForEachTile(const PackedProduct& product, int64_t row_lines, int64_t column_lines, const Take& take) {
  const DotTiles& tiles = UsedTiles();
  const auto groups = [](int64_t lines) { return (lines + kLines - 1) / kLines; };
  const Shares down(groups(row_lines), tiles.rows, 1), across(groups(column_lines), tiles.columns, 1);
  const Lines none{};
  alignas(64) float sums[kMostRows * kMostColumns];
  for (int64_t v = 0; v < across.count; v++) {
    const int64_t column = across.Begin(v) * kLines, width = std::min(column_lines - column, across.Length(v) * kLines);
    for (int64_t u = 0; u < down.count; u++) {
      const int64_t row = down.Begin(u) * kLines, height = std::min(row_lines - row, down.Length(u) * kLines);
      tiles.function({product.blocks, product.passes, product.rows.From(down.Begin(u)), product.columns.From(across.Begin(v)),
                      height, int(across.Length(v)), sums, kMostColumns}, none);
      take(row, height, column, width, sums);
    }
  }
}

// offsets[line] <- the product of a line of the right factor, as it is and not scaled, with `base`: lines [begin, end).
inline void Offsets(const Factor<>& right, const float* base, int64_t begin, int64_t end, float* offsets) {
  for (int64_t line = begin; line < end; line++) {
    offsets[line] = blas::Dot(int(right.depth), right.data + line * right.line_step, base);
  }
}

// As Gemm where the depth is long beside m and n, as in the first layer's forward pass: threads take segments of the depth, so that
// one core alone reads each element of A and B. The segments' sums are added from first to last.
template <int left_parts, int right_parts, typename Source>
void GemmOfSegments(const Factor<Source>& left, const Factor<>& right, float alpha, float beta, float* c, const float* base) {
  const int64_t m = left.lines, n = right.lines;
  const int64_t count = (left.Blocks() + kSegment - 1) / kSegment;
  const int threads = int(std::min<int64_t>(ThreadsFor(m, n, left.depth), count));
  const int64_t size = (m + 1) * n;  // A segment's sums, and its offsets as one more row.
  float* partial = Scratch<float, 1>(count * size);  // The caller's, for all threads.
  Pool::Shared().Run(threads, [&](int i) {
    const Tiling tiling;
    const Stretches own(count, threads);
    for (int64_t s = own.Begin(i); s < own.End(i); s++) {
      const auto some_left = left.Deeper(s * kSegment * kDepth, kSegment * kDepth);
      const auto some_right = right.Deeper(s * kSegment * kDepth, kSegment * kDepth);
      const int64_t group = some_left.Blocks() * kBlock;
      const int64_t left_part = left.Groups() * group, right_part = right.Groups() * group;
      const Packed rows{Scratch<uint32_t>(left_parts * left_part + right_parts * right_part), group, left_part};
      const Packed columns{rows.pairs + left_parts * left_part, group, right_part};
      Pack<left_parts>(some_left, Side::kLeft, 0, left.Groups(), rows);
      Pack<right_parts>(some_right, Side::kRight, 0, right.Groups(), columns);
      float* sums = partial + s * size;
      if (base == nullptr) std::fill_n(sums + m * n, n, 0.0f);
      else Offsets(some_right, base + s * kSegment * kDepth, 0, n, sums + m * n);
      ForEachTile({some_left.Blocks(), PassesOf<left_parts, right_parts>(), rows, columns}, m, n,
                  [&](int64_t row, int64_t height, int64_t column, int64_t width, const float* tile) {
                    for (int64_t r = 0; r < height; r++) std::copy_n(tile + r * kMostColumns, width, sums + (row + r) * n + column);
                  });
    }
  });
  Split({size, kMoved / count}, [&](int64_t begin, int64_t end) {
    for (int64_t s = 1; s < count; s++) blas::Axpy(int(end - begin), 1.0f, partial + s * size + begin, partial + begin);
  });
  Split(Rows(m, n, kMoved), [&](int64_t row, int64_t end) {
    Accumulate((end - row) * n, alpha, partial + row * n, beta, c + row * n);
    if (base != nullptr) BiasForward(end - row, n, partial + m * n, c + row * n);
  });
}

// C <- alpha A B + beta C; beta = 0 leaves C unread. With a `base`, each row of C gets base B more, B as it is and not scaled.
template <int left_parts, int right_parts, typename Source>
void Gemm(const Factor<Source>& left, const Factor<>& right, float alpha, float beta, float* c, const float* base = nullptr) {
  const int64_t m = left.lines, n = right.lines;
  if (left.depth >= 8 * std::max(m, n) && left.Blocks() > kSegment) {
    return GemmOfSegments<left_parts, right_parts>(left, right, alpha, beta, c, base);
  }
  const DotTiles& tiles = UsedTiles();
  const int threads = ThreadsFor(m, n, left.depth);
  float* offsets = Scratch<float, 1>(n);  // The caller's, for all threads.
  const auto multiply = [&](const Packed& rows, int64_t first, int64_t height, const Packed& columns, int64_t begin, int64_t width) {
    ForEachTile({left.Blocks(), PassesOf<left_parts, right_parts>(), rows, columns}, height, width,
                [&](int64_t row, int64_t of_rows, int64_t column, int64_t of_columns, const float* tile) {
                  for (int64_t r = 0; r < of_rows; r++) {
                    float* out = c + (first + row + r) * n + begin + column;
                    Accumulate(of_columns, alpha, tile + r * kMostColumns, beta, out);
                    if (base != nullptr) BiasForward(1, of_columns, offsets + begin + column, out);
                  }
                });
  };
  // The factor of fewer lines is packed as a whole, the other one by panels; but not one whose lines lie across those of memory, as a
  // panel would have little of each of these.
  const auto panel_of = [](const auto& factor, int64_t fit) { return factor.depth_step == 1 ? fit : factor.Groups(); };
  if (left.Groups() > right.Groups()) {
    const Packed columns = PackWhole<right_parts>(right, Side::kRight, threads);
    if (base != nullptr) {
      Split(Rows(n, right.depth, kMoved), [&](int64_t begin, int64_t end) { Offsets(right, base, begin, end, offsets); });
    }
    const int64_t panel = panel_of(left, PanelOf<left_parts>(left, tiles.rows, left.Groups()));
    ForEachPanel<left_parts>(left, Side::kLeft, panel, threads,
                             [&](const Packed& rows, int64_t first, int64_t height) { multiply(rows, first, height, columns, 0, n); });
  } else {
    const Packed rows = PackWhole<left_parts>(left, Side::kLeft, threads);
    const int64_t panel = panel_of(right, PanelOf<right_parts>(right, tiles.columns, right.Groups()));
    ForEachPanel<right_parts>(right, Side::kRight, panel, threads,
                              [&](const Packed& columns, int64_t begin, int64_t width) {
                                if (base != nullptr) Offsets(right, base, begin, begin + width, offsets);
                                multiply(rows, 0, m, columns, begin, width);
                              });
  }
}

// dW[n,k] = alpha A B and the update made from it, as blastrain::Descend.
template <int left_parts, int right_parts, typename Source, typename Update>
void Descend(const Factor<>& left, const Factor<Source>& right, float alpha, std::initializer_list<const float*> arrays,
             const Update& update) {
  const int64_t n = left.lines, k = right.lines;
  if (n == 0 || k == 0) return;
  const DotTiles& tiles = UsedTiles();
  const int threads = ThreadsFor(n, k, left.depth);
  const Packed rows = PackWhole<left_parts>(left, Side::kLeft, threads);
  const Shares down(left.Groups(), tiles.rows, 1);
  ForEachPanel<right_parts>(right, Side::kRight, PanelOf<right_parts>(right, tiles.columns, kWidest / kLines), threads,
                            [&](const Packed& columns, int64_t begin, int64_t width) {
    float* g = Scratch<float>(tiles.rows * kLines * kWidest);
    const Shares across((width + kLines - 1) / kLines, tiles.columns, 1);
    for (int64_t u = 0; u < down.count; u++) {
      const int64_t row = down.Begin(u) * kLines, height = std::min(n - row, down.Length(u) * kLines);
      const int64_t first = row * k + begin;
      for (int64_t v = 0; v < across.count; v++) {
        const int64_t j = across.Begin(v) * kLines;
        Lines lines;
        for (int64_t r = 0; r < height; r++) {
          for (const float* array : arrays) lines.Add(array + first + r * k + j, across.Length(v) * kLines);
        }
        tiles.function({left.Blocks(), PassesOf<left_parts, right_parts>(), rows.From(down.Begin(u)), columns.From(across.Begin(v)),
                        height, int(across.Length(v)), g + j, kWidest}, lines);
      }
      for (int64_t r = 0; r < height; r++) {
        if (alpha != 1) Accumulate(width, alpha, g + r * kWidest, 0.0f, g + r * kWidest);
        update(first + r * k, width, g + r * kWidest);
      }
    }
  });
}

// The factors of C = op(A) op(B).
inline Factor<> LeftOf(const blas::GemmShape& s, const float* a) {
  const bool across = s.trans_a == CblasTrans;
  return {a, s.m, s.k, across ? 1 : s.lda, across ? s.lda : 1};
}
inline Factor<> RightOf(const blas::GemmShape& s, const float* b) {
  const bool across = s.trans_b == CblasTrans;
  return {b, s.n, s.k, across ? s.ldb : 1, across ? 1 : s.ldb};
}
// Those of dyT x over m examples, dy[m, n] and x[m, k].
inline Factor<> LeftOf(int64_t m, int64_t n, const float* dy) { return {dy, n, m, 1, n}; }
template <typename Source>
Factor<Source> RightOf(int64_t m, int64_t k, const Source* x) {
  return {x, k, m, 1, k};
}

}  // namespace blastrain::bf16
