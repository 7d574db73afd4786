// Products on bfloat16 micro-kernels: of elements rounded to bfloat16 (one part), of bytes (one part, exact), or of float32
// split in three parts so that nothing is lost; sums are float32. Each sum runs over the depth in the same order whatever
// the number of threads.
//
// Shape legend: C[m,n] = A[m,k] B[k,n]; a "line" is a row of A or a column of B, a panel 16 lines over the whole depth, a
// tile 16 lines times 32 of the depth (pack.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "blas.h"
#include "gemm/bf16/micro_kernels.h"
#include "gemm/bf16/pack.h"
#include "gemm/gemm_tn_kernel.h"
#include "gemm/prefetch.h"
#include "gemm/scratch.h"
#include "gemm/weight_update.h"
#include "kernels/bias.h"
#include "pool.h"
#include "ranges.h"

namespace blastrain::bf16 {

// Packed pairs of a block, which stay in L2: of CPUs with AMX that has 2 MB, and their products wait for all that comes from farther away.
inline int64_t MaxPackedPairs() { return UsedInstructions().amx ? 1 << 18 : 1 << 16; }
// Those of a block, on AMX, and of what it is multiplied with.
inline constexpr int64_t kMaxBothPacked = 3 << 17;
// Tiles of the depth that one segment of a split-K product sums.
inline constexpr int64_t kSplitKTiles = 16;
// Tiles that a panel has at most, of all its parts, where a product is divided along its depth: so a few panels of one operand and all of one with 200
// lines are in L2 together.
inline constexpr int64_t kPanelTiles = 96;

inline int DivisionsFor(int64_t m, int64_t n, int64_t k) {
  return int(PartsOfProduct(m, n, k, Pool::Shared().Divisions()));
}

// The depth of an operand in segments of so many tiles.
struct Segments {
  Segments(int64_t depth_tiles, int64_t max_tiles)
      : depth_tiles(depth_tiles), tiles(std::clamp<int64_t>(depth_tiles, 1, max_tiles)), count(std::max<int64_t>(1, (depth_tiles + tiles - 1) / tiles)) {}

  int64_t TilesOf(int64_t segment) const { return std::min(tiles, depth_tiles - segment * tiles); }
  template <typename Source>
  Operand<Source> Of(const Operand<Source>& operand, int64_t segment) const {
    return operand.Slice(segment * tiles * kTileDepth, tiles * kTileDepth);
  }
  // Pairs of a panel's segment in so many parts.
  int64_t Panel(int parts) const { return parts * tiles * kTileSize; }

  int64_t depth_tiles, tiles, count;
};

// Packs panels of an operand's segment; offsets[line] gets what its shift adds, the sum over segments from the first on.
template <int parts, typename Source>
void PackSegment(const Operand<Source>& segment, Side side, int64_t begin, int64_t end, const Packed& packed, bool first, float* offsets) {
  Pack<parts>(segment, side, begin, end, packed);
  if constexpr (std::is_same_v<Source, float>) {
    if (segment.shift == nullptr) return;
    for (int64_t line = begin * kTileLines; line < std::min(segment.lines, end * kTileLines); line++) {
      const float sum = blas::Dot(int(segment.depth), segment.data + line * segment.line_step, segment.shift);
      offsets[line] = first ? sum : offsets[line] + sum;
    }
  }
}

// Packs all of an operand, on all threads, into the caller's memory: one segment's panels after the other's.
template <int parts, typename Source>
Packed PackWhole(const Operand<Source>& operand, Side side, const Segments& segments, int divisions, float* offsets = nullptr) {
  const int64_t panels = operand.Panels();
  const Packed packed{Scratch<uint32_t, 1>(segments.count * panels * segments.Panel(parts)), segments.Panel(parts), parts};
  Pool::Shared().Run(divisions, [&](int i) {
    const Ranges own(panels, divisions);
    for (int64_t s = 0; s < segments.count; s++) {
      PackSegment<parts>(segments.Of(operand, s), side, own.Begin(i), own.End(i), packed.From(s * panels), s == 0, offsets);
    }
  });
  return packed;
}

// How many panels fit into so many pairs, from 1 to `max`; a multiple of the micro-kernel's, `step`, if that many fit.
inline int64_t PanelsInL2(int64_t panel, int64_t pairs, int64_t step, int64_t max) {
  const int64_t fit = std::clamp<int64_t>(pairs / panel, 1, max);
  return fit < step ? fit : fit / step * step;
}

// Each thread packs its own lines of an operand, a block of so many panels at a time, segment after segment, and calls
// use(packed, segment, first line, lines).
template <int parts, typename Source, typename Use>
void ForEachBlock(const Operand<Source>& operand, Side side, const Segments& segments, int64_t panels, int divisions, float* offsets, const Use& use) {
  const int64_t panel = segments.Panel(parts);
  panels = std::min(panels, (operand.Panels() + divisions - 1) / divisions);
  Pool::Shared().Run(divisions, [&](int i) {
    const AmxScope amx;
    const Packed packed{Scratch<uint32_t>(panels * panel), panel, parts};
    const Ranges own(operand.Panels(), divisions);
    for (int64_t from = own.Begin(i); from < own.End(i); from += panels) {
      const int64_t to = std::min(own.End(i), from + panels);
      for (int64_t s = 0; s < segments.count; s++) {
        const auto pack = [&](int64_t begin, int64_t end) {
          PackSegment<parts>(segments.Of(operand, s), side, begin, end, packed.From(-from), s == 0, offsets);
        };
        if (operand.depth_step == 1) {
          for (int64_t g = from; g < to; g++) pack(g, g + 1);
        } else {
          pack(from, to);
        }
        use(packed, s, from * kTileLines, std::min(operand.lines, to * kTileLines) - from * kTileLines);
      }
    }
  });
}

// The macro-kernel: the sums of each micro-tile of a product of m rows and n columns, at place(row, column), where rows are `stride` apart and whole panels have
// room; then take(row, rows, column, columns, sums). The panels of `in_l2` are read again for each of the other operand's, which come from farther away.
template <typename Place, typename Take>
void ForEachMicroTile(int64_t depth_tiles, const Packed& a, const Packed& b, Side in_l2, int64_t m, int64_t n, int64_t stride, const Place& place, const Take& take) {
  const MicroKernel& kernel = UsedMicroKernel();
  const auto panels = [](int64_t lines) { return (lines + kTileLines - 1) / kTileLines; };
  const Ranges a_panels = Ranges::OfAtMost(kernel.a_panels, panels(m)), b_panels = Ranges::OfAtMost(kernel.b_panels, panels(n));
  RowsPrefetcher none;
  const auto tile = [&](int64_t u, int64_t v) {
    const int64_t column = b_panels.Begin(v) * kTileLines, columns = std::min(n - column, b_panels.Length(v) * kTileLines);
    const int64_t row = a_panels.Begin(u) * kTileLines, rows = std::min(m - row, a_panels.Length(u) * kTileLines);
    float* sums = place(row, column);
    kernel.function({depth_tiles, a.From(a_panels.Begin(u)), b.From(b_panels.Begin(v)), rows, int(b_panels.Length(v)), sums, stride}, none);
    take(row, rows, column, columns, sums);
  };
  if (in_l2 == Side::kA) {
    for (int64_t v = 0; v < b_panels.count; v++) {
      for (int64_t u = 0; u < a_panels.count; u++) tile(u, v);
    }
  } else {
    for (int64_t u = 0; u < a_panels.count; u++) {
      for (int64_t v = 0; v < b_panels.count; v++) tile(u, v);
    }
  }
}

// Where a product goes: C <- alpha A B + beta C, or alpha (A B)^T + beta C if `transposed`, with n columns; offsets[n], unless it is null, is added to each row of C.
struct Result {
  float alpha, beta;
  float* c;
  int64_t n;
  bool transposed;
  const float* offsets;
};

// x[rows, columns] += sums, whose rows are `stride` apart, those of x kMaxNR.
BLASTRAIN_KERNEL inline void AddSums(int64_t rows, int64_t columns, const float* sums, int64_t stride, float* x) {
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++) x[i * kMaxNR + j] += sums[i * stride + j];
  }
}

// Writes sums, whose rows are `stride` apart, to rows and columns of C from (row, column) on.
BLASTRAIN_KERNEL inline void WriteRows(const Result& result, int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums, int64_t stride) {
  for (int64_t i = 0; i < rows; i++) {
    const float* from = sums + i * stride;
    float* to = result.c + (row + i) * result.n + column;
    Accumulate(columns, result.alpha, from, result.beta, to);
    if (result.offsets != nullptr) BiasForward(1, columns, result.offsets + column, to);
  }
}

// The same of a micro-tile, whose rows are kMaxNR apart; to C^T for a transposed result.
inline void WriteTile(const Result& result, int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums) {
#if defined(BLASTRAIN_BF16)
  if (result.transposed) {
    alignas(64) float turned[kMaxNR * kMaxNR];
    TransposeSums(rows, columns, sums, turned);
    return WriteRows(result, column, columns, row, rows, turned, kMaxNR);
  }
#endif
  WriteRows(result, row, rows, column, columns, sums, kMaxNR);
}

// As Multiply, for a depth that is long beside m and n, as in the first layer's forward pass (split-K): threads take segments of
// the depth, so that one core alone reads each element of A and B.
template <int a_parts, int b_parts, typename Source>
void MultiplySplitK(const Operand<Source>& a, const Operand<>& b, Result result) {
  const int64_t m = a.lines, n = b.lines;
  const Segments segments(a.DepthTiles(), kSplitKTiles);
  const int divisions = int(std::min<int64_t>(DivisionsFor(m, n, a.depth), segments.count));
  // A segment's sums, in whole panels, and its offsets as one more row.
  const int64_t stride = b.Panels() * kTileLines, offsets = a.Panels() * kTileLines * stride, size = offsets + stride;
  float* partial = Scratch<float, 1>(segments.count * size);
  Pool::Shared().Run(divisions, [&](int i) {
    const AmxScope amx;
    const Ranges own(segments.count, divisions);
    const int64_t a_panel = segments.Panel(a_parts), b_panel = segments.Panel(b_parts);
    const Packed packed_a{Scratch<uint32_t>(a.Panels() * a_panel + b.Panels() * b_panel), a_panel, a_parts};
    const Packed packed_b{packed_a.pairs + a.Panels() * a_panel, b_panel, b_parts};
    for (int64_t s = own.Begin(i); s < own.End(i); s++) {
      float* sums = partial + s * size;
      PackSegment<a_parts>(segments.Of(a, s), Side::kA, 0, a.Panels(), packed_a, true, nullptr);
      PackSegment<b_parts>(segments.Of(b, s), Side::kB, 0, b.Panels(), packed_b, true, sums + offsets);
      ForEachMicroTile(segments.TilesOf(s), packed_a, packed_b, Side::kA, m, n, stride, [=](int64_t row, int64_t column) { return sums + row * stride + column; },
                       [](int64_t, int64_t, int64_t, int64_t, float*) {});
    }
  });
  if (b.shift != nullptr) {
    for (int64_t s = 1; s < segments.count; s++) blas::Axpy(int(n), 1.0f, partial + s * size + offsets, partial + offsets);
    result.offsets = partial + offsets;
  }
  Split(Rows(m, segments.count * n, kComputeGrain), [&](int64_t row, int64_t end) {
    float* sums = partial + row * stride;
    for (int64_t s = 1; s < segments.count; s++) blas::Axpy(int((end - row) * stride), 1.0f, sums + s * size, sums);
    WriteRows(result, row, end - row, 0, n, sums, stride);
  });
}

// The product of operands to a result. The operand of fewer lines is packed as a whole, the other one block by block, on all threads.
template <int a_parts, int b_parts, typename A, typename B>
void Multiply(const Operand<A>& a, const Operand<B>& b, Result result) {
  const MicroKernel& kernel = UsedMicroKernel();
  const int divisions = DivisionsFor(a.lines, b.lines, a.depth);
  // With a segment's factors in L2, tiles wait for nothing that comes from farther away, whatever the depth; other instructions wait for arithmetic.
  const Segments segments(a.DepthTiles(), kernel.split_pays ? kPanelTiles / std::max(a_parts, b_parts) : std::max<int64_t>(1, a.DepthTiles()));
  float* offsets = nullptr;
  if (a.shift != nullptr || b.shift != nullptr) result.offsets = offsets = Scratch<float, 1>(result.n);
  const auto multiply = [&](int64_t s, Side in_l2, const Packed& packed_a, int64_t i, int64_t mc, const Packed& packed_b, int64_t j, int64_t nc) {
    const int64_t stride = (nc + 2 * kTileLines - 1) / kTileLines * kTileLines;  // A line more than columns: rows a multiple of 4 KB apart would share places in L1.
    float* block = segments.count > 1 ? Scratch<float>(mc * stride) : nullptr;
    alignas(64) float micro_tile[kMaxMR * kMaxNR];
    ForEachMicroTile(segments.TilesOf(s), packed_a, packed_b, in_l2, mc, nc, kMaxNR, [&](int64_t, int64_t) { return micro_tile; },
                     [&](int64_t row, int64_t rows, int64_t column, int64_t columns, float* tile) {
      float* sums = block + row * stride + column;
      if (s > 0) AddSums(rows, columns, sums, stride, tile);
      if (s == segments.count - 1) return WriteTile(result, i + row, rows, j + column, columns, tile);
      for (int64_t r = 0; r < rows; r++) std::copy_n(tile + r * kMaxNR, columns, sums + r * stride);
    });
  };
  // Of rows that are not contiguous a block would use only a little each: all of it is one block, but on AMX, where it has to fit L2, 1 KB of each.
  constexpr int64_t kilobyte = 16;
  const auto block_of = [&](const auto& operand, int parts, int64_t step, int64_t others) {
    const int64_t max = kernel.tiles ? std::max<int64_t>(MaxPackedPairs() / 4, kMaxBothPacked - others) : MaxPackedPairs();
    const int64_t panels = PanelsInL2(segments.Panel(parts), max, step, operand.Panels());
    if (operand.depth_step == 1) return panels;
    return kernel.tiles ? std::max(panels, kilobyte) : operand.Panels();
  };
  if (a.Panels() > b.Panels()) {
    const Packed packed_b = PackWhole<b_parts>(b, Side::kB, segments, divisions, offsets);
    ForEachBlock<a_parts>(a, Side::kA, segments, block_of(a, a_parts, kernel.a_panels, b.Panels() * segments.Panel(b_parts)), divisions, offsets,
                          [&](const Packed& packed_a, int64_t s, int64_t i, int64_t mc) {
      multiply(s, Side::kA, packed_a, i, mc, packed_b.From(s * b.Panels()), 0, b.lines);
    });
  } else {
    const Packed packed_a = PackWhole<a_parts>(a, Side::kA, segments, divisions, offsets);
    ForEachBlock<b_parts>(b, Side::kB, segments, block_of(b, b_parts, kernel.b_panels, a.Panels() * segments.Panel(a_parts)), divisions, offsets,
                          [&](const Packed& packed_b, int64_t s, int64_t j, int64_t nc) {
      multiply(s, Side::kB, packed_a.From(s * a.Panels()), 0, a.lines, packed_b, j, nc);
    });
  }
}

// C[m,n] <- alpha A B + beta C; beta = 0 does not read C.
template <int a_parts, int b_parts, typename Source>
void Gemm(const Operand<Source>& a, const Operand<>& b, float alpha, float beta, float* c) {
  const Result result{alpha, beta, c, b.lines, false, nullptr};
  if (a.depth >= 8 * std::max(a.lines, b.lines) && a.DepthTiles() > kSplitKTiles) return MultiplySplitK<a_parts, b_parts>(a, b, result);
#if defined(BLASTRAIN_BF16)
  // Rows along the depth are packed as A in a third of the time they take as B. So the longer operand is A, and C computed as its transpose.
  if (UsedMicroKernel().tiles && UsedInstructions().bfloat16 && b.depth_step == 1 && (a.depth_step != 1 || b.lines > a.lines)) {
    return Multiply<b_parts, a_parts>(b, a, {alpha, beta, c, b.lines, true, nullptr});
  }
#endif
  Multiply<a_parts, b_parts>(a, b, result);
}

// The most columns of dW that are computed before their weights are updated, on AMX: so many of two panels' rows, in up to four arrays, stay in L2 beside the
// operands from when they are fetched.
inline constexpr int64_t kAmxFusedNC = 768;

// dW[n,k] = alpha A B and the update made from it, as blastrain::FusedUpdate. 1024 x 3072 weights, 200 examples as bytes, SGD with momentum, on two cores of a
// Xeon with AMX: 1.9 ms in float32 and 1.2 in bfloat16; 2.4 and 1.4 where nothing is fetched while tiles are multiplied.
template <int a_parts, int b_parts, typename Source>
void FusedUpdate(const Operand<>& a, const Operand<Source>& b, float alpha, std::initializer_list<const float*> arrays,
                 WeightUpdate<float> update) {
  const int64_t n = a.lines, k = b.lines;
  if (n == 0 || k == 0) return;
  const MicroKernel& kernel = UsedMicroKernel();
  const int divisions = DivisionsFor(n, k, a.depth);
  const Segments whole(a.DepthTiles(), std::max<int64_t>(1, a.DepthTiles()));
  const Packed packed_a = PackWhole<a_parts>(a, Side::kA, whole, divisions);
  const Ranges a_panels = Ranges::OfAtMost(kernel.a_panels, a.Panels());
  const int64_t max_panels = (kernel.tiles ? kAmxFusedNC : kFusedNC) / kTileLines;
  // A line more than the columns take: the same place in rows a multiple of 4 KB apart would be the same place in L1.
  const int64_t stride = (max_panels + 1) * kTileLines;
  ForEachBlock<b_parts>(b, Side::kB, whole, PanelsInL2(whole.Panel(b_parts), MaxPackedPairs(), kernel.b_panels, std::min(b.Panels(), max_panels)), divisions, nullptr,
                        [&](const Packed& packed_b, int64_t, int64_t begin, int64_t nc) {
    float* g = Scratch<float>(kernel.a_panels * kTileLines * stride);
    const Ranges b_panels = Ranges::OfAtMost(kernel.b_panels, (nc + kTileLines - 1) / kTileLines);
    for (int64_t u = 0; u < a_panels.count; u++) {
      const int64_t row = a_panels.Begin(u) * kTileLines, rows = std::min(n - row, a_panels.Length(u) * kTileLines);
      const int64_t first = row * k + begin;
      for (int64_t v = 0; v < b_panels.count; v++) {
        const int64_t j = b_panels.Begin(v) * kTileLines;
        RowsPrefetcher weights(arrays, first + j, rows, k, b_panels.Length(v) * kTileLines);
        kernel.function({a.DepthTiles(), packed_a.From(a_panels.Begin(u)), packed_b.From(b_panels.Begin(v)), rows, int(b_panels.Length(v)), g + j, stride},
                        weights);
      }
      for (int64_t r = 0; r < rows; r++) {
        if (alpha != 1) Accumulate(nc, alpha, g + r * stride, 0.0f, g + r * stride);
        update(first + r * k, nc, g + r * stride);
      }
    }
  });
}

// The operands of C = op(A) op(B).
inline Operand<> OperandA(const GemmShape& s, const float* a) {
  const bool transposed = s.trans_a;
  return {a, s.m, s.k, transposed ? 1 : s.lda, transposed ? s.lda : 1};
}
inline Operand<> OperandB(const GemmShape& s, const float* b) {
  const bool transposed = s.trans_b;
  return {b, s.n, s.k, transposed ? s.ldb : 1, transposed ? 1 : s.ldb};
}
// Those of dy[m,n]^T x[m,k], of depth m.
inline Operand<> OperandA(int64_t m, int64_t n, const float* dy) { return {dy, n, m, 1, n}; }
template <typename Source>
Operand<Source> OperandB(int64_t m, int64_t k, const Source* x) {
  return {x, k, m, 1, k};
}

}  // namespace blastrain::bf16
