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
// Tiles of the depth that one segment of a split-K product sums.
inline constexpr int64_t kSplitKTiles = 16;

inline int ThreadsFor(int64_t m, int64_t n, int64_t k) {
  return int(PartsOfProduct(m, n, k, Pool::Shared().Threads()));
}

// Packs all of an operand, on all threads, into the caller's memory.
template <int parts, typename Source>
Packed PackWhole(const Operand<Source>& operand, Side side, int threads) {
  const int64_t panel = operand.DepthTiles() * kTileSize, part = operand.Panels() * panel;
  const Packed packed{Scratch<uint32_t, 1>(parts * part), panel, part};
  Pool::Shared().Run(threads, [&](int i) {
    const Ranges own(operand.Panels(), threads);
    Pack<parts>(operand, side, own.Begin(i), own.End(i), packed);
  });
  return packed;
}

// How many packed panels of an operand fit L2, from 1 to `max`; a multiple of the micro-kernel's, `step`, if that many fit.
template <int parts, typename Source>
int64_t PanelsInL2(const Operand<Source>& operand, int64_t step, int64_t max) {
  const int64_t panel = std::max<int64_t>(1, parts * operand.DepthTiles() * kTileSize);
  const int64_t fit = std::clamp<int64_t>(MaxPackedPairs() / panel, 1, max);
  return fit < step ? fit : fit / step * step;
}

// Each thread packs its own lines of an operand, a block of so many panels at a time, and calls use(packed, first line,
// lines); and before that look(first line, end) for lines just packed, which are still in cache.
template <int parts, typename Source, typename Look, typename Use>
void ForEachBlock(const Operand<Source>& operand, Side side, int64_t panels, int threads, const Look& look, const Use& use) {
  const int64_t panel = operand.DepthTiles() * kTileSize;
  panels = std::min(panels, (operand.Panels() + threads - 1) / threads);
  Pool::Shared().Run(threads, [&](int i) {
    const AmxScope amx;
    const Packed packed{Scratch<uint32_t>(parts * panels * panel), panel, panels * panel};
    const Ranges own(operand.Panels(), threads);
    for (int64_t from = own.Begin(i); from < own.End(i); from += panels) {
      const int64_t to = std::min(own.End(i), from + panels);
      const auto pack = [&](int64_t begin, int64_t end) {
        Pack<parts>(operand, side, begin, end, packed.From(-from));
        look(begin * kTileLines, std::min(operand.lines, end * kTileLines));
      };
      if (operand.depth_step == 1) {
        for (int64_t g = from; g < to; g++) pack(g, g + 1);
      } else {
        pack(from, to);
      }
      use(packed, from * kTileLines, std::min(operand.lines, to * kTileLines) - from * kTileLines);
    }
  });
}

// Packed operands, their depth, and which of their parts are multiplied.
struct PackedProduct {
  int64_t depth_tiles;
  Passes passes;
  Packed a, b;
};

// The macro-kernel: take(row, rows, column, columns, sums) for each micro-tile of a product of m rows and n columns; rows of
// sums are kMaxNR apart. The panels of `in_l2` are read again for each of the other operand's, which come from farther away.
template <typename Take>
void ForEachMicroTile(const PackedProduct& product, Side in_l2, int64_t m, int64_t n, const Take& take) {
  const MicroKernel& kernel = UsedMicroKernel();
  const auto panels = [](int64_t lines) { return (lines + kTileLines - 1) / kTileLines; };
  const Ranges a_panels = Ranges::OfAtMost(kernel.a_panels, panels(m)), b_panels = Ranges::OfAtMost(kernel.b_panels, panels(n));
  RowsPrefetcher none;
  alignas(64) float sums[kMaxMR * kMaxNR];
  const auto tile = [&](int64_t u, int64_t v) {
    const int64_t column = b_panels.Begin(v) * kTileLines, columns = std::min(n - column, b_panels.Length(v) * kTileLines);
    const int64_t row = a_panels.Begin(u) * kTileLines, rows = std::min(m - row, a_panels.Length(u) * kTileLines);
    kernel.function({product.depth_tiles, product.passes, product.a.From(a_panels.Begin(u)),
                     product.b.From(b_panels.Begin(v)), rows, int(b_panels.Length(v)), sums, kMaxNR}, none);
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

// offsets[j] <- sum over depth of shift B[:,j], B unscaled, for columns j in [begin, end).
inline void Offsets(const Operand<>& b, const float* shift, int64_t begin, int64_t end, float* offsets) {
  for (int64_t line = begin; line < end; line++) offsets[line] = blas::Dot(int(b.depth), b.data + line * b.line_step, shift);
}

// As Gemm, for a depth that is long beside m and n, as in the first layer's forward pass (split-K): threads take segments of
// the depth, so that one core alone reads each element of A and B. The segments' sums are added from first to last.
template <int a_parts, int b_parts, typename Source>
void GemmSplitK(const Operand<Source>& a, const Operand<>& b, float alpha, float beta, float* c, const float* shift) {
  const int64_t m = a.lines, n = b.lines;
  const int64_t segments = (a.DepthTiles() + kSplitKTiles - 1) / kSplitKTiles;
  const int threads = int(std::min<int64_t>(ThreadsFor(m, n, a.depth), segments));
  const int64_t size = (m + 1) * n;  // A segment's sums, and its offsets as one more row.
  float* partial = Scratch<float, 1>(segments * size);
  Pool::Shared().Run(threads, [&](int i) {
    const AmxScope amx;
    const Ranges own(segments, threads);
    for (int64_t s = own.Begin(i); s < own.End(i); s++) {
      const auto a_slice = a.Slice(s * kSplitKTiles * kTileDepth, kSplitKTiles * kTileDepth);
      const auto b_slice = b.Slice(s * kSplitKTiles * kTileDepth, kSplitKTiles * kTileDepth);
      const int64_t panel = a_slice.DepthTiles() * kTileSize;
      const int64_t a_part = a.Panels() * panel, b_part = b.Panels() * panel;
      const Packed packed_a{Scratch<uint32_t>(a_parts * a_part + b_parts * b_part), panel, a_part};
      const Packed packed_b{packed_a.pairs + a_parts * a_part, panel, b_part};
      Pack<a_parts>(a_slice, Side::kA, 0, a.Panels(), packed_a);
      Pack<b_parts>(b_slice, Side::kB, 0, b.Panels(), packed_b);
      float* sums = partial + s * size;
      if (shift == nullptr) std::fill_n(sums + m * n, n, 0.0f);
      else Offsets(b_slice, shift + s * kSplitKTiles * kTileDepth, 0, n, sums + m * n);
      ForEachMicroTile({a_slice.DepthTiles(), PassesOf<a_parts, b_parts>(), packed_a, packed_b}, Side::kA, m, n,
                       [&](int64_t row, int64_t rows, int64_t column, int64_t columns, const float* tile) {
        for (int64_t r = 0; r < rows; r++) std::copy_n(tile + r * kMaxNR, columns, sums + (row + r) * n + column);
      });
    }
  });
  Split({size, kMemoryGrain / segments}, [&](int64_t begin, int64_t end) {
    for (int64_t s = 1; s < segments; s++) blas::Axpy(int(end - begin), 1.0f, partial + s * size + begin, partial + begin);
  });
  Split(Rows(m, n, kMemoryGrain), [&](int64_t row, int64_t end) {
    Accumulate((end - row) * n, alpha, partial + row * n, beta, c + row * n);
    if (shift != nullptr) BiasForward(end - row, n, partial + m * n, c + row * n);
  });
}

// C[m,n] <- alpha A B + beta C; beta = 0 does not read C. With a `shift`[k], shift B, B unscaled, is added to each row of C.
template <int a_parts, int b_parts, typename Source>
void Gemm(const Operand<Source>& a, const Operand<>& b, float alpha, float beta, float* c, const float* shift = nullptr) {
  const int64_t m = a.lines, n = b.lines;
  if (a.depth >= 8 * std::max(m, n) && a.DepthTiles() > kSplitKTiles) {
    return GemmSplitK<a_parts, b_parts>(a, b, alpha, beta, c, shift);
  }
  const MicroKernel& kernel = UsedMicroKernel();
  const int threads = ThreadsFor(m, n, a.depth);
  float* offsets = Scratch<float, 1>(n);
  const auto multiply = [&](Side in_l2, const Packed& packed_a, int64_t i, int64_t mc, const Packed& packed_b, int64_t j, int64_t nc) {
    ForEachMicroTile({a.DepthTiles(), PassesOf<a_parts, b_parts>(), packed_a, packed_b}, in_l2, mc, nc,
                     [&](int64_t row, int64_t rows, int64_t column, int64_t columns, const float* tile) {
      for (int64_t r = 0; r < rows; r++) {
        float* out = c + (i + row + r) * n + j + column;
        Accumulate(columns, alpha, tile + r * kMaxNR, beta, out);
        if (shift != nullptr) BiasForward(1, columns, offsets + j + column, out);
      }
    });
  };
  // The operand of fewer lines is packed as a whole, the other one block by block. Where its lines are not contiguous, a
  // block would use only a little of each row of memory: all of it is one, but on AMX, where it has to fit L2, 1 KB of each.
  constexpr int64_t kilobyte = 16;
  const auto block_of = [&](const auto& operand, int64_t panels) {
    if (operand.depth_step == 1) return panels;
    return kernel.tiles ? std::max(panels, kilobyte) : operand.Panels();
  };
  const auto no_look = [](int64_t, int64_t) {};
  if (a.Panels() > b.Panels()) {
    const Packed packed_b = PackWhole<b_parts>(b, Side::kB, threads);
    if (shift != nullptr) {
      Split(Rows(n, b.depth, kMemoryGrain), [&](int64_t begin, int64_t end) { Offsets(b, shift, begin, end, offsets); });
    }
    const int64_t panels = block_of(a, PanelsInL2<a_parts>(a, kernel.a_panels, a.Panels()));
    ForEachBlock<a_parts>(a, Side::kA, panels, threads, no_look,
                          [&](const Packed& packed_a, int64_t i, int64_t mc) { multiply(Side::kA, packed_a, i, mc, packed_b, 0, n); });
  } else {
    const Packed packed_a = PackWhole<a_parts>(a, Side::kA, threads);
    const int64_t panels = block_of(b, PanelsInL2<b_parts>(b, kernel.b_panels, b.Panels()));
    const auto add_offsets = [&](int64_t begin, int64_t end) {
      if (shift != nullptr) Offsets(b, shift, begin, end, offsets);
    };
    ForEachBlock<b_parts>(b, Side::kB, panels, threads, add_offsets, [&](const Packed& packed_b, int64_t j, int64_t nc) {
      multiply(Side::kB, packed_a, 0, m, packed_b, j, nc);
    });
  }
}

// The most columns of dW that are computed before their weights are updated, on AMX. CPUs with it prefetch long rows by
// themselves, faster than instructions can ask for them line by line.
inline constexpr int64_t kAmxFusedNC = 1536;

// dW[n,k] = alpha A B and the update made from it, as blastrain::FusedUpdate. 512 x 3072 weights, 200 examples as bytes, SGD
// with momentum, on one thread of a Xeon with AMX: 1.65 ms instead of 2.2 with short rows prefetched line by line.
template <int a_parts, int b_parts, typename Source>
void FusedUpdate(const Operand<>& a, const Operand<Source>& b, float alpha, std::initializer_list<const float*> arrays,
                 WeightUpdate<float> update) {
  const int64_t n = a.lines, k = b.lines;
  if (n == 0 || k == 0) return;
  const MicroKernel& kernel = UsedMicroKernel();
  const int threads = ThreadsFor(n, k, a.depth);
  const Packed packed_a = PackWhole<a_parts>(a, Side::kA, threads);
  const Ranges a_panels = Ranges::OfAtMost(kernel.a_panels, a.Panels());
  const int64_t max_panels = (kernel.tiles ? kAmxFusedNC : kFusedNC) / kTileLines;
  // A line more than the columns take: the same place in rows a multiple of 4 KB apart would be the same place in L1.
  const int64_t stride = (max_panels + 1) * kTileLines;
  ForEachBlock<b_parts>(b, Side::kB, PanelsInL2<b_parts>(b, kernel.b_panels, max_panels), threads, [](int64_t, int64_t) {},
                        [&](const Packed& packed_b, int64_t begin, int64_t nc) {
    float* g = Scratch<float>(kernel.a_panels * kTileLines * stride);
    const Ranges b_panels = Ranges::OfAtMost(kernel.b_panels, (nc + kTileLines - 1) / kTileLines);
    for (int64_t u = 0; u < a_panels.count; u++) {
      const int64_t row = a_panels.Begin(u) * kTileLines, rows = std::min(n - row, a_panels.Length(u) * kTileLines);
      const int64_t first = row * k + begin;
      for (int64_t v = 0; v < b_panels.count; v++) {
        const int64_t j = b_panels.Begin(v) * kTileLines;
        RowsPrefetcher weights(arrays, first + j, rows, k, b_panels.Length(v) * kTileLines);
        kernel.function({a.DepthTiles(), PassesOf<a_parts, b_parts>(), packed_a.From(a_panels.Begin(u)),
                         packed_b.From(b_panels.Begin(v)), rows, int(b_panels.Length(v)), g + j, stride}, weights);
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
