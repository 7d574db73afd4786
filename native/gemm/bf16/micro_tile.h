// What a micro-kernel of bfloat16 computes, and what it is to the loops around it (gemm_bf16.h).
#pragma once

#include <cstdint>

#include "gemm/bf16/pack.h"
#include "gemm/prefetch.h"

namespace blastrain::bf16 {

// Which parts of A and B are multiplied; part 0 is the largest.
struct Pass {
  int a, b;
};
// Both split in three: small products before large ones, and each pass shares a part with the one before, which is loaded once for both. The three products
// that are left out are below 2^-23 of the whole, together (docs/precision.md).
inline constexpr Pass kSplitBoth[] = {{2, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 2}, {0, 0}};
// One split, the other exact in one part.
inline constexpr Pass kSplitA[] = {{2, 0}, {1, 0}, {0, 0}};
inline constexpr Pass kSplitB[] = {{0, 2}, {0, 1}, {0, 0}};
// Both in one part.
inline constexpr Pass kUnsplit[] = {{0, 0}};

struct Passes {
  const Pass* first;
  int count;
};
constexpr Passes PassesOf(int a_parts, int b_parts) {
  if (a_parts == 3) return b_parts == 3 ? Passes{kSplitBoth, 6} : Passes{kSplitA, 3};
  return b_parts == 3 ? Passes{kSplitB, 3} : Passes{kUnsplit, 1};
}

// What a micro-kernel computes: sums[rows, 16 b_panels] <- A B, over all passes of each tile of the depth. Rows of sums are `stride` apart; there is
// room for rows up to the next multiple of 16.
struct MicroTile {
  int64_t depth_tiles;
  Packed a, b;
  int64_t rows;
  int b_panels;
  float* sums;
  int64_t stride;
};

// The largest micro-tile of any micro-kernel.
inline constexpr int64_t kMaxMR = 2 * kTileLines;
inline constexpr int64_t kMaxNR = 3 * kTileLines;

struct MicroKernel {
  // `written`: what is fetched meanwhile, to be written afterwards.
  using Function = void (*)(const MicroTile& tile, RowsPrefetcher& written);

  int a_panels, b_panels;  // MR and NR, in panels of 16.
  bool split_pays;         // Whether computing float32 as six products of bfloat16 is faster than other ways; else operands have one part.
  bool tiles;              // Whether it works on AMX's tiles.
  Function function;
};

}  // namespace blastrain::bf16
