// The micro-kernels of bfloat16: products of packed panels (pack.h), summed in float32 by AMX, AVX512-BF16, or plain C++ in
// AMX's order; and which of them and of fma_kernels.h is used.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gemm/bf16/fma_kernels.h"
#include "gemm/bf16/micro_tile.h"
#include "gemm/bf16/pack.h"
#include "gemm/prefetch.h"

namespace blastrain::bf16 {

// What TDPBF16PS computes (Intel SDM, volume 2): within a tile, products of the even elements of all pairs are summed apart
// from those of the odd ones, both sums are added, and the result to the sum of earlier tiles. A product of two bfloat16 is
// exact in float32, so that a multiplication and an addition round as a fused one does. Only subnormal numbers differ: here
// they are kept, there they are 0.
BLASTRAIN_KERNEL inline void PlainMicroKernel(const MicroTile& tile, RowsPrefetcher&) {
  const Passes passes = PassesOf(tile.a.parts, tile.b.parts);
  constexpr int kAtOnce = 4;  // Rows whose sums are independent, so that they overlap.
  for (int64_t r = 0; r < (tile.rows + kAtOnce - 1) / kAtOnce * kAtOnce; r++) {
    for (int64_t j = 0; j < tile.b_panels * kTileLines; j++) tile.sums[r * tile.stride + j] = 0;
  }
  for (int c = 0; c < tile.b_panels; c++) {
    for (int64_t step = 0; step < passes.count * tile.depth_tiles; step++) {
      const Pass pass = passes.first[step % passes.count];
      const int64_t d = step / passes.count;
      const uint32_t* b = tile.b.pairs + c * tile.b.panel + (d * tile.b.parts + pass.b) * kTileSize;
      float b_even[kTileSize], b_odd[kTileSize];
      for (int64_t i = 0; i < kTileSize; i++) {
        b_even[i] = Float(b[i] << 16);
        b_odd[i] = Float(b[i] & 0xffff0000u);
      }
      for (int64_t r = 0; r < tile.rows; r += kAtOnce) {
        float even[kAtOnce][kTileLines] = {}, odd[kAtOnce][kTileLines] = {};
        const uint32_t* a =
            tile.a.pairs + r / kTileLines * tile.a.panel + (d * tile.a.parts + pass.a) * kTileSize + r % kTileLines * kTilePairs;
        for (int64_t q = 0; q < kTilePairs; q++) {
          for (int i = 0; i < kAtOnce; i++) {
            const float a_even = Float(a[i * kTilePairs + q] << 16), a_odd = Float(a[i * kTilePairs + q] & 0xffff0000u);
            for (int64_t j = 0; j < kTileLines; j++) {
              even[i][j] += a_even * b_even[q * kTileLines + j];
              odd[i][j] += a_odd * b_odd[q * kTileLines + j];
            }
          }
        }
        for (int i = 0; i < kAtOnce; i++) {
          float* sums = tile.sums + (r + i) * tile.stride + c * kTileLines;
          for (int64_t j = 0; j < kTileLines; j++) sums[j] += even[i][j] + odd[i][j];
        }
      }
    }
  }
}

#if defined(BLASTRAIN_BF16)

// The sums fill the registers, 8 rows times 3 vectors: each load from memory serves 3 products or 8.
template <int columns>
BLASTRAIN_AVX512_BF16 void Avx512Columns(const MicroTile& tile, RowsPrefetcher& written) {
  constexpr int rows = 8;
  for (int64_t r = 0; r < tile.rows; r += rows) {
    __m512 sums[rows][columns] = {};
    const uint32_t* a = tile.a.pairs + r / kTileLines * tile.a.panel + r % kTileLines * kTilePairs;
    const uint32_t* b = tile.b.pairs;
    for (int64_t d = 0; d < tile.depth_tiles; d++, a += kTileSize, b += kTileSize) {
      for (int64_t q = 0; q < kTilePairs; q++) {
        if (q % (kTilePairs / 2) == 0) written.FetchRows(1);
        __m512bh b_pairs[columns];
        for (int c = 0; c < columns; c++) b_pairs[c] = (__m512bh)_mm512_loadu_si512(b + c * tile.b.panel + q * kTileLines);
        _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++) {
          const __m512bh a_pair = (__m512bh)_mm512_set1_epi32(int(a[i * kTilePairs + q]));
          for (int c = 0; c < columns; c++) sums[i][c] = _mm512_dpbf16_ps(sums[i][c], a_pair, b_pairs[c]);
        }
      }
    }
    _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++) {
      for (int c = 0; c < columns; c++) _mm512_storeu_ps(tile.sums + (r + i) * tile.stride + c * kTileLines, sums[i][c]);
    }
  }
}

inline void Avx512MicroKernel(const MicroTile& tile, RowsPrefetcher& written) {
  constexpr MicroKernel::Function functions[] = {Avx512Columns<1>, Avx512Columns<2>, Avx512Columns<3>};
  functions[tile.b_panels - 1](tile, written);
}

// turned <- the transpose of sums[rows, columns], in whole tiles; rows of both are kMaxNR apart.
BLASTRAIN_AVX512_BF16 inline void TransposeSums(int64_t rows, int64_t columns, const float* sums, float* turned) {
  for (int64_t r = 0; r < rows; r += kTileLines) {
    for (int64_t c = 0; c < columns; c += kTileLines) {
      __m512i tile[kTileLines];
      for (int i = 0; i < kTileLines; i++) tile[i] = _mm512_loadu_si512(sums + (r + i) * kMaxNR + c);
      Transpose(tile);
      for (int i = 0; i < kTileLines; i++) _mm512_storeu_si512(turned + (c + i) * kMaxNR + r, tile[i]);
    }
  }
}

#define BLASTRAIN_AMX __attribute__((target("amx-tile,amx-bf16")))

// 2 x 2 tiles of sums, so that each tile loaded serves two products, and with operands in several parts more: loads take longer than products.
template <int a_parts, int b_parts>
BLASTRAIN_AMX void AmxTiles(const MicroTile& tile, RowsPrefetcher& written) {
  constexpr Passes passes = PassesOf(a_parts, b_parts);
  constexpr int rows_fetched = passes.count == 1 ? 2 : 1;  // More at a time would keep loads of tiles waiting.
  const bool two_a = tile.rows > kTileLines, two_b = tile.b_panels > 1;
  constexpr int row = kTilePairs * sizeof(uint32_t);
  asm volatile("" : : : "memory");  // GCC's _tile_loadd is not declared to read memory.
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  const uint32_t *a = tile.a.pairs, *b = tile.b.pairs;
  for (int64_t d = 0; d < tile.depth_tiles; d++, a += a_parts * kTileSize, b += b_parts * kTileSize) {
    _Pragma("GCC unroll 6") for (int p = 0; p < passes.count; p++) {
      const Pass pass = passes.first[p];
      const bool new_a = p == 0 || pass.a != passes.first[p - 1].a, new_b = p == 0 || pass.b != passes.first[p - 1].b;
      const uint32_t *a_part = a + pass.a * kTileSize, *b_part = b + pass.b * kTileSize;
      if (new_a) _tile_loadd(4, a_part, row);
      if (new_b) _tile_loadd(6, b_part, row);
      _tile_dpbf16ps(0, 4, 6);
      written.FetchRows(rows_fetched);
      if (two_b) {
        if (new_b) _tile_loadd(7, b_part + tile.b.panel, row);
        _tile_dpbf16ps(1, 4, 7);
      }
      if (two_a) {
        if (new_a) _tile_loadd(5, a_part + tile.a.panel, row);
        _tile_dpbf16ps(2, 5, 6);
        if (two_b) _tile_dpbf16ps(3, 5, 7);
      }
    }
  }
  const int64_t stride = tile.stride * int64_t(sizeof(float));
  _tile_stored(0, tile.sums, stride);
  if (two_b) _tile_stored(1, tile.sums + kTileLines, stride);
  if (two_a) _tile_stored(2, tile.sums + kTileLines * tile.stride, stride);
  if (two_a && two_b) _tile_stored(3, tile.sums + kTileLines * tile.stride + kTileLines, stride);
}

inline void AmxMicroKernel(const MicroTile& tile, RowsPrefetcher& written) {
  if (tile.a.parts == 1) (tile.b.parts == 1 ? AmxTiles<1, 1> : AmxTiles<1, 3>)(tile, written);
  else (tile.b.parts == 1 ? AmxTiles<3, 1> : AmxTiles<3, 3>)(tile, written);
}

// A thread has to configure AMX's tiles before it uses them, and to release them afterwards.
BLASTRAIN_AMX inline void ConfigureAmx() {
  static constexpr struct alignas(64) {
    uint8_t palette = 1, start = 0, reserved[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } config;
  // GCC's _tile_loadconfig is declared to read 8 of these bytes only, so that writing the others was optimised away.
  asm volatile("ldtilecfg %0" : : "m"(config));
}
BLASTRAIN_AMX inline void ReleaseAmx() { _tile_release(); }

#else

inline void ConfigureAmx() {}
inline void ReleaseAmx() {}

#endif

// Whether a micro-kernel computes what plain C++ does, on integers, whose sums are exact in any order. Tested at run time
// because AMX will be used on CPUs on which the test suite has never run.
inline bool MatchesPlain(const MicroKernel& kernel) {
  constexpr int64_t depth_tiles = 2, panel = depth_tiles * kTileSize;
  uint32_t a[2 * panel], b[3 * panel];
  const auto integer = [](int64_t i) { return Rounded(float(i * i % 17 - 8)); };
  for (int64_t i = 0; i < 2 * panel; i++) a[i] = integer(i) >> 16 | integer(i + 5);
  for (int64_t i = 0; i < 3 * panel; i++) b[i] = integer(3 * i) >> 16 | integer(i + 11);
  alignas(64) float plain[kMaxMR * kMaxNR], sums[kMaxMR * kMaxNR];
  MicroTile tile{depth_tiles, {a, panel, 1}, {b, panel, 1}, kernel.a_panels * kTileLines, kernel.b_panels,
                 plain, kMaxNR};
  RowsPrefetcher none;
  PlainMicroKernel(tile, none);
  tile.sums = sums;
  if (kernel.tiles) ConfigureAmx();
  kernel.function(tile, none);
  if (kernel.tiles) ReleaseAmx();
  for (int64_t r = 0; r < tile.rows; r++) {
    const int64_t at = r * kMaxNR;
    if (!std::equal(plain + at, plain + at + tile.b_panels * kTileLines, sums + at)) return false;
  }
  return true;
}

inline MicroKernel BestMicroKernel() {
  const Instructions& used = UsedInstructions();
#if defined(BLASTRAIN_SIMD) || defined(__aarch64__)
  const std::pair<bool, MicroKernel> candidates[] = {
#if defined(__aarch64__)
      {!used.emulated, {1, 3, false, false, NeonFmaMicroKernel}},
#else
      {used.amx, {2, 2, true, true, AmxMicroKernel}},
      {used.bfloat16_products && !used.emulated, {1, 3, false, false, Avx512MicroKernel}},
      {used.vectors >= Isa::kAvx512 && !used.emulated, {1, 3, false, false, Avx512FmaMicroKernel}},
      {used.vectors >= Isa::kAvx2 && !used.emulated, {1, 3, false, false, Avx2FmaMicroKernel}},
#endif
  };
  for (const auto& [present, kernel] : candidates) {
    if (present && MatchesPlain(kernel)) return kernel;
  }
#endif
  return {1, 3, used.emulated, false, PlainMicroKernel};
}

// Chosen once for the process.
inline const MicroKernel& UsedMicroKernel() {
  static const MicroKernel kernel = BestMicroKernel();
  return kernel;
}

// While one of these lives the calling thread may use the micro-kernel: AMX's tiles are configured. Not to be nested, as the
// inner one's end releases them.
class AmxScope {
 public:
  AmxScope() : tiles_(UsedMicroKernel().tiles) {
    if (tiles_) ConfigureAmx();
  }
  ~AmxScope() {
    if (tiles_) ReleaseAmx();
  }
  AmxScope(const AmxScope&) = delete;
  AmxScope& operator=(const AmxScope&) = delete;

 private:
  const bool tiles_;
};

}  // namespace blastrain::bf16
