// Sums of products of bfloat16 pairs in float32, on packed factors (pack.h): AMX, AVX-512, and plain C++ in AMX's order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "bf16/pack.h"
#include "kernels/tiles.h"

namespace blastrain::bf16 {

// Which parts of the factors are multiplied.
struct Pass {
  int left, right;
};
// Of two factors in three parts, from the largest to the smallest: the small products first, so that they are not lost in the
// large sum. The three others are below 2^-23 of the product, together (docs/precision.md).
inline constexpr Pass kSplit[] = {{2, 0}, {1, 1}, {0, 2}, {1, 0}, {0, 1}, {0, 0}};
// Of one factor in three parts and one that is exact.
inline constexpr Pass kSplitLeft[] = {{2, 0}, {1, 0}, {0, 0}};
inline constexpr Pass kSplitRight[] = {{0, 2}, {0, 1}, {0, 0}};
// Of factors in one part.
inline constexpr Pass kWhole[] = {{0, 0}};

struct Passes {
  const Pass* first;
  int count;
};
template <int left_parts, int right_parts>
constexpr Passes PassesOf() {
  static_assert((left_parts == 1 || left_parts == 3) && (right_parts == 1 || right_parts == 3));
  if (left_parts == 3) return right_parts == 3 ? Passes{kSplit, 6} : Passes{kSplitLeft, 3};
  return right_parts == 3 ? Passes{kSplitRight, 3} : Passes{kWhole, 1};
}

// sums[rows, 16 columns] <- the product of `rows` lines of the left factor and 16 times `columns` of the right one, `blocks`
// deep, of the parts that `passes` names; rows of sums are `stride` apart, and there is room for whole groups of 16.
struct Job {
  int64_t blocks;
  Passes passes;
  Packed left, right;
  int64_t rows;
  int columns;
  float* sums;
  int64_t stride;
};

// The most rows and columns of a job's sums.
inline constexpr int64_t kMostRows = 2 * kLines;
inline constexpr int64_t kMostColumns = 3 * kLines;

struct DotTiles {
  using Function = void (*)(const Job& job, const Lines& lines);

  int rows, columns;  // The most groups of 16 of a job.
  bool split_pays;    // Whether float32 is to be computed as six products of bfloat16.
  Function function;
};

// What TDPBF16PS computes (Intel SDM, volume 2): within a block, the first elements of all pairs are summed apart from the
// second ones, both sums are added, and that to what earlier blocks gave. A product of two bfloat16 is exact in float32, so that
// to multiply and add is to fuse both. Only what lies below the normal numbers is kept here and is 0 there.
BLASTRAIN_KERNEL inline void PlainTile(const Job& job, const Lines& lines) {
  constexpr int kAtOnce = 4;  // Rows whose sums do not wait for one another.
  for (int i = 0; i < lines.count; i++) __builtin_prefetch(lines.at[i], 1);
  for (int64_t r = 0; r < (job.rows + kAtOnce - 1) / kAtOnce * kAtOnce; r++) {
    for (int64_t j = 0; j < job.columns * kLines; j++) job.sums[r * job.stride + j] = 0;
  }
  for (int c = 0; c < job.columns; c++) {
    for (int64_t step = 0; step < job.passes.count * job.blocks; step++) {
      const Pass pass = job.passes.first[step / job.blocks];
      const int64_t at = step % job.blocks * kBlock;
      const uint32_t* right = job.right.pairs + pass.right * job.right.part + c * job.right.group + at;
      float firsts[kBlock], seconds[kBlock];
      for (int64_t i = 0; i < kBlock; i++) {
        firsts[i] = Float(right[i] << 16);
        seconds[i] = Float(right[i] & 0xffff0000u);
      }
      for (int64_t r = 0; r < job.rows; r += kAtOnce) {
        float first[kAtOnce][kLines] = {}, second[kAtOnce][kLines] = {};
        const uint32_t* left = job.left.pairs + pass.left * job.left.part + r / kLines * job.left.group + at + r % kLines * kPairs;
        for (int64_t q = 0; q < kPairs; q++) {
          for (int i = 0; i < kAtOnce; i++) {
            const float a = Float(left[i * kPairs + q] << 16), z = Float(left[i * kPairs + q] & 0xffff0000u);
            for (int64_t j = 0; j < kLines; j++) {
              first[i][j] += a * firsts[q * kLines + j];
              second[i][j] += z * seconds[q * kLines + j];
            }
          }
        }
        for (int i = 0; i < kAtOnce; i++) {
          float* sums = job.sums + (r + i) * job.stride + c * kLines;
          for (int64_t j = 0; j < kLines; j++) sums[j] += first[i][j] + second[i][j];
        }
      }
    }
  }
}

#if defined(BLASTRAIN_BF16)

// As many sums as registers hold, 8 rows times 3 vectors: each load from memory serves 3 products or 8.
template <int columns>
BLASTRAIN_AVX512_BF16 void Avx512DotTile(const Job& job, const Lines& lines) {
  constexpr int rows = 8;
  int fetched = 0;
  for (int64_t r = 0; r < job.rows; r += rows) {
    __m512 sums[rows][columns] = {};
    for (int p = 0; p < job.passes.count; p++) {
      const Pass pass = job.passes.first[p];
      const uint32_t* left = job.left.pairs + pass.left * job.left.part + r / kLines * job.left.group + r % kLines * kPairs;
      const uint32_t* right = job.right.pairs + pass.right * job.right.part;
      for (int64_t b = 0; b < job.blocks; b++, left += kBlock, right += kBlock) {
        for (int64_t q = 0; q < kPairs; q++) {
          if (fetched < lines.count) __builtin_prefetch(lines.at[fetched++], 1);
          __m512bh factors[columns];
          for (int c = 0; c < columns; c++) factors[c] = (__m512bh)_mm512_loadu_si512(right + c * job.right.group + q * kLines);
          _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++) {
            const __m512bh factor = (__m512bh)_mm512_set1_epi32(int(left[i * kPairs + q]));
            for (int c = 0; c < columns; c++) sums[i][c] = _mm512_dpbf16_ps(sums[i][c], factor, factors[c]);
          }
        }
      }
    }
    _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++) {
      for (int c = 0; c < columns; c++) _mm512_storeu_ps(job.sums + (r + i) * job.stride + c * kLines, sums[i][c]);
    }
  }
}

inline void Avx512Tile(const Job& job, const Lines& lines) {
  constexpr DotTiles::Function functions[] = {Avx512DotTile<1>, Avx512DotTile<2>, Avx512DotTile<3>};
  functions[job.columns - 1](job, lines);
}

#define BLASTRAIN_AMX __attribute__((target("amx-tile,amx-bf16")))

// 2x2 tiles of sums, so that each tile that is loaded serves twice.
BLASTRAIN_AMX inline void AmxTile(const Job& job, const Lines& lines) {
  const bool two_rows = job.rows > kLines, two_columns = job.columns > 1;
  constexpr int row = kPairs * sizeof(uint32_t);
  int fetched = 0;
  asm volatile("" : : : "memory");  // GCC's _tile_loadd does not say that it reads memory.
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t step = 0; step < job.passes.count * job.blocks; step++) {
    for (const int next = fetched + kPairs; fetched < next && fetched < lines.count; fetched++) {
      __builtin_prefetch(lines.at[fetched], 1);
    }
    const Pass pass = job.passes.first[step / job.blocks];
    const int64_t at = step % job.blocks * kBlock;
    const uint32_t* left = job.left.pairs + pass.left * job.left.part + at;
    const uint32_t* right = job.right.pairs + pass.right * job.right.part + at;
    _tile_loadd(4, left, row);
    _tile_loadd(6, right, row);
    _tile_dpbf16ps(0, 4, 6);
    if (two_columns) {
      _tile_loadd(7, right + job.right.group, row);
      _tile_dpbf16ps(1, 4, 7);
    }
    if (two_rows) {
      _tile_loadd(5, left + job.left.group, row);
      _tile_dpbf16ps(2, 5, 6);
      if (two_columns) _tile_dpbf16ps(3, 5, 7);
    }
  }
  const int64_t stride = job.stride * int64_t(sizeof(float));
  _tile_stored(0, job.sums, stride);
  if (two_columns) _tile_stored(1, job.sums + kLines, stride);
  if (two_rows) _tile_stored(2, job.sums + kLines * job.stride, stride);
  if (two_rows && two_columns) _tile_stored(3, job.sums + kLines * job.stride + kLines, stride);
}

// The tiles of AMX have to be shaped before a thread uses them, and let go afterwards.
BLASTRAIN_AMX inline void ShapeAmx() {
  static constexpr struct alignas(64) {
    uint8_t palette = 1, start = 0, reserved[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } config;
  // GCC's _tile_loadconfig says that it reads 8 of these bytes, and the others were not even written.
  asm volatile("ldtilecfg %0" : : "m"(config));
}
BLASTRAIN_AMX inline void ReleaseAmx() { _tile_release(); }

#else

inline void ShapeAmx() {}
inline void ReleaseAmx() {}

#endif

// For as long as a thread computes tiles.
class Tiling {
 public:
  Tiling() {
    if (UsedInstructions().amx) ShapeAmx();
  }
  ~Tiling() {
    if (UsedInstructions().amx) ReleaseAmx();
  }
  Tiling(const Tiling&) = delete;
  Tiling& operator=(const Tiling&) = delete;
};

// Whether tiles compute what plain C++ does, on integers, whose sums are exact in any order: AMX is used on machines that nobody
// has tested it on.
inline bool Agree(const DotTiles& tiles) {
  constexpr int64_t blocks = 2, group = blocks * kBlock;
  uint32_t left[2 * group], right[3 * group];
  const auto integer = [](int64_t i) { return Rounded(float(i * i % 17 - 8)); };
  for (int64_t i = 0; i < 2 * group; i++) left[i] = integer(i) >> 16 | integer(i + 5);
  for (int64_t i = 0; i < 3 * group; i++) right[i] = integer(3 * i) >> 16 | integer(i + 11);
  alignas(64) float plain[kMostRows * kMostColumns], sums[kMostRows * kMostColumns];
  Job job{blocks, PassesOf<1, 1>(), {left, group, 0}, {right, group, 0}, tiles.rows * kLines, tiles.columns, plain, kMostColumns};
  const Lines none{};
  PlainTile(job, none);
  job.sums = sums;
  const Tiling tiling;
  tiles.function(job, none);
  for (int64_t r = 0; r < job.rows; r++) {
    const int64_t at = r * kMostColumns;
    if (!std::equal(plain + at, plain + at + job.columns * kLines, sums + at)) return false;
  }
  return true;
}

inline DotTiles BestDotTiles() {
  const Instructions& used = UsedInstructions();
#if defined(BLASTRAIN_BF16)
  for (const auto& [present, tiles] : {std::pair(used.amx, DotTiles{2, 2, true, AmxTile}),
                                       std::pair(used.bfloat16 && !used.emulated, DotTiles{1, 3, false, Avx512Tile})}) {
    if (present && Agree(tiles)) return tiles;
  }
#endif
  return {1, 3, used.emulated, PlainTile};
}

// Chosen once for the process.
inline const DotTiles& UsedTiles() {
  static const DotTiles tiles = BestDotTiles();
  return tiles;
}

}  // namespace blastrain::bf16
