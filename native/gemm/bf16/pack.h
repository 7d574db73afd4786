// Packing: matrices of float32, or of bytes, into tiles of bfloat16 pairs as dot-product instructions take them.
//
// A line is a row of A or a column of B. A tile holds 16 lines by 32 of the depth, as 16 x 16 pairs of elements that are
// neighbours in depth, in 32 bits with the first in the lower half. Tiles of A are [line, pair], those of B [pair, line];
// AMX loads either, and AVX-512 loads vectors of 16 pairs from them. A panel is the tiles of 16 lines over the whole depth,
// one after the other, each in all of its parts. Elements beyond the matrix are 0.
//
// A float32 is the sum of three bfloat16: itself rounded, the rest rounded, and what then is left, with 8 bits of
// significand each. An operand is packed as one part, rounded, or as these three. A byte less 128 is a bfloat16, so bytes
// have one part.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "isa.h"
#include "kernels/byte_inputs.h"
#include "kernels/loops.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define BLASTRAIN_BF16 1
#include <immintrin.h>
#endif

namespace blastrain::bf16 {

inline constexpr int64_t kTileLines = 16;
inline constexpr int64_t kTileDepth = 32;
inline constexpr int64_t kTilePairs = kTileDepth / 2;
inline constexpr int64_t kTileSize = kTileLines * kTilePairs;  // In pairs.

BLASTRAIN_INLINE uint32_t Bits(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
BLASTRAIN_INLINE float Float(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// x rounded to bfloat16, to nearest with ties to even, in the upper half of a float's bits. Subnormal numbers count as 0, as
// in the instructions that do the same.
BLASTRAIN_INLINE uint32_t Rounded(float x) {
  const uint32_t bits = Bits(x);
  const uint32_t magnitude = bits & 0x7fffffffu;
  const uint32_t number = magnitude > 0x7f800000u ? bits | 0x00400000u /* NaN */ : bits + 0x7fffu + (bits >> 16 & 1u);
  return magnitude < 0x00800000u ? bits & 0x80000000u : number & 0xffff0000u;
}

// The largest magnitude of what was packed, as a float's bits: that of an infinity or a NaN is above all others.
class Largest {
 public:
  void Add(uint32_t bits) {
    uint32_t before = bits_.load(std::memory_order_relaxed);
    while (bits > before && !bits_.compare_exchange_weak(before, bits, std::memory_order_relaxed)) {
    }
  }
  uint32_t Bits() const { return bits_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint32_t> bits_{0};
};

// A or B of a product: element (line, depth) is at data[line * line_step + depth * depth_step], and one of the steps is 1.
// Floats are first multiplied by scales[depth], unless that is null, as it must be where depth_step is not 1; and, if they
// are split in three, by `scale`, a power of two; `largest`, unless it is null, is then told of what is split. With a shift[depth], the sum of shift times the unscaled line is added to each of a line's results.
template <typename Source = float>
struct Operand {
  const Source* data;
  int64_t lines, depth, line_step, depth_step;
  const float* scales = nullptr;
  const float* shift = nullptr;
  float scale = 1;
  Largest* largest = nullptr;

  // Its elements of depths from `from` on, at most `length` of them.
  Operand Slice(int64_t from, int64_t length) const {
    const auto along = [=](const float* numbers) { return numbers == nullptr ? nullptr : numbers + from; };
    return {data + from * depth_step, lines, std::min(length, depth - from), line_step, depth_step, along(scales), along(shift), scale, largest};
  }

  int64_t Panels() const { return (lines + kTileLines - 1) / kTileLines; }
  int64_t DepthTiles() const { return (depth + kTileDepth - 1) / kTileDepth; }
};

// A packed operand: its pairs, the distance from one panel to the next, and in how many parts a tile is.
struct Packed {
  Packed From(int64_t panels) const { return {pairs + panels * panel, panel, parts}; }

  uint32_t* pairs;
  int64_t panel;
  int parts;
};

enum class Side { kA, kB };

BLASTRAIN_INLINE float Number(float x) { return x; }
BLASTRAIN_INLINE float Number(uint8_t x) { return float(int(x) - kZeroPoint); }

// The largest of n magnitudes, as bits; that of an infinity or a NaN is above all others.
BLASTRAIN_KERNEL inline uint32_t LargestBits(int64_t n, const float* x) {
  int32_t largest = 0;
  for (int64_t i = 0; i < n; i++) {
    int32_t bits;
    std::memcpy(&bits, x + i, sizeof bits);
    largest = std::max(largest, bits & 0x7fffffff);
  }
  return uint32_t(largest);
}

// The element of a line at depth + at, scaled; `line` points to the one at `depth`, and those between are neighbours.
template <typename Source>
BLASTRAIN_INLINE float NumberAt(const Operand<Source>& operand, const Source* line, int64_t depth, int64_t at) {
  const float x = Number(line[at]);
  return operand.scales == nullptr ? x : x * operand.scales[depth + at];
}

// Packs the tile of `operand` that begins at (line, depth), part after part.
template <int parts, typename Source>
BLASTRAIN_KERNEL void PackTile(const Operand<Source>& operand, Side side, int64_t line, int64_t depth, uint32_t* tile) {
  const int64_t lines = std::min(kTileLines, operand.lines - line), deep = std::min(kTileDepth, operand.depth - depth);
  const Source* from = operand.data + line * operand.line_step + depth * operand.depth_step;
  // Its numbers as they are in memory, line by line or depth by depth, so that loops over them vectorise.
  const bool along = operand.depth_step == 1;
  const int64_t line_step = along ? kTileDepth : 1, depth_step = along ? 1 : kTileLines;
  float rest[kTileLines * kTileDepth] = {};
  for (int64_t i = 0; i < (along ? lines : deep); i++) {
    if (along) {
      const Source* numbers = from + i * operand.line_step;
      for (int64_t d = 0; d < deep; d++) rest[i * kTileDepth + d] = NumberAt(operand, numbers, depth, d);
    } else {
      const Source* numbers = from + i * operand.depth_step;
      for (int64_t l = 0; l < lines; l++) rest[i * kTileLines + l] = Number(numbers[l]);
    }
  }
  if (parts > 1) {
    for (float& x : rest) x *= operand.scale;
    if (operand.largest != nullptr) operand.largest->Add(LargestBits(kTileLines * kTileDepth, rest));
  }
  for (int p = 0; p < parts; p++) {
    uint32_t rounded[kTileLines * kTileDepth];
    for (int64_t i = 0; i < kTileLines * kTileDepth; i++) {
      rounded[i] = Rounded(rest[i]);
      rest[i] -= Float(rounded[i]);
    }
    for (int64_t i = 0; i < kTileLines; i++) {
      for (int64_t j = 0; j < kTilePairs; j++) {
        const uint32_t* pair = rounded + (side == Side::kA ? i * line_step + 2 * j * depth_step : j * line_step + 2 * i * depth_step);
        tile[p * kTileSize + i * kTilePairs + j] = pair[0] >> 16 | pair[depth_step];
      }
    }
  }
}

#if defined(BLASTRAIN_BF16)

#define BLASTRAIN_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

// The first `count` of 16 lanes.
inline __mmask16 First(int64_t count) { return __mmask16((1u << std::clamp<int64_t>(count, 0, 16)) - 1); }

// A full mask: GCC 12 warns of its own header for intrinsics without one.
inline constexpr __mmask16 kAll = 0xFFFF;

// rows[i][j] <-> rows[j][i].
BLASTRAIN_AVX512_BF16 inline void Transpose(__m512i rows[16]) {
  constexpr __mmask8 eight = 0xFF;
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_maskz_unpacklo_epi32(kAll, rows[i], rows[i + 1]);
    t[i + 1] = _mm512_maskz_unpackhi_epi32(kAll, rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int h = 0; h < 2; h++) {
      rows[i + 2 * h] = _mm512_maskz_unpacklo_epi64(eight, t[i + h], t[i + h + 2]);
      rows[i + 2 * h + 1] = _mm512_maskz_unpackhi_epi64(eight, t[i + h], t[i + h + 2]);
    }
  }
  // Now rows[4 g + c] holds, in its 128-bit lane b, column 4 b + c of rows 4 g to 4 g + 3.
  for (int c = 0; c < 4; c++) {
    t[c] = _mm512_maskz_shuffle_i32x4(kAll, rows[c], rows[4 + c], 0x88);
    t[4 + c] = _mm512_maskz_shuffle_i32x4(kAll, rows[c], rows[4 + c], 0xdd);
    t[8 + c] = _mm512_maskz_shuffle_i32x4(kAll, rows[8 + c], rows[12 + c], 0x88);
    t[12 + c] = _mm512_maskz_shuffle_i32x4(kAll, rows[8 + c], rows[12 + c], 0xdd);
  }
  for (int c = 0; c < 4; c++) {
    rows[c] = _mm512_maskz_shuffle_i32x4(kAll, t[c], t[8 + c], 0x88);
    rows[8 + c] = _mm512_maskz_shuffle_i32x4(kAll, t[c], t[8 + c], 0xdd);
    rows[4 + c] = _mm512_maskz_shuffle_i32x4(kAll, t[4 + c], t[12 + c], 0x88);
    rows[12 + c] = _mm512_maskz_shuffle_i32x4(kAll, t[4 + c], t[12 + c], 0xdd);
  }
}

// The lanes of the mask, as numbers; the others are 0.
BLASTRAIN_AVX512_BF16 inline __m512 Load(__mmask16 lanes, const float* x) { return _mm512_maskz_loadu_ps(lanes, x); }
BLASTRAIN_AVX512_BF16 inline __m512 Load(__mmask16 lanes, const uint8_t* x) {
  const __m512i bytes = _mm512_maskz_cvtepu8_epi32(kAll, _mm_maskz_loadu_epi8(lanes, x));
  return _mm512_maskz_cvtepi32_ps(lanes, _mm512_sub_epi32(bytes, _mm512_set1_epi32(kZeroPoint)));
}

// Words 0, 16, 1, 17, ... of a vector: pairs of its lower and its upper half.
BLASTRAIN_AVX512_BF16 inline __m512i Interleaved(__m512i words) {
  alignas(64) static constexpr uint16_t order[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                     8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  return _mm512_maskz_permutexvar_epi16(~0u, _mm512_load_si512(order), words);
}

// 32 numbers of one line, rounded, as 16 pairs of neighbours; or pairs of one number from each of two lines.
BLASTRAIN_AVX512_BF16 inline __m512i Pairs(bool along, __m512 low, __m512 high) {
  const __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh(high, low);
  return along ? rounded : Interleaved(rounded);
}

// What rounding took from the numbers of Pairs.
BLASTRAIN_AVX512_BF16 inline void Subtract(bool along, __m512i pairs, __m512& low, __m512& high) {
  const __m512i of_lines = along ? Interleaved(pairs) : pairs;
  low = _mm512_sub_ps(low, _mm512_castsi512_ps(_mm512_maskz_slli_epi32(kAll, of_lines, 16)));
  high = _mm512_sub_ps(high, _mm512_castsi512_ps(_mm512_and_epi32(of_lines, _mm512_set1_epi32(int(0xffff0000u)))));
}

// The largest of its lanes, without a sign.
BLASTRAIN_AVX512_BF16 inline uint32_t LargestOf(__m512i lanes) {
  alignas(64) uint32_t bits[16];
  _mm512_store_si512(bits, lanes);
  return *std::max_element(bits, bits + 16);
}

// PackTile with AVX-512, to the bit. `whole` tiles need no masks: bytes are packed in half the time.
template <int parts, bool along, bool whole, typename Source>
BLASTRAIN_AVX512_BF16 void PackTileAvx512(const Operand<Source>& operand, Side side, int64_t line, int64_t depth, uint32_t* tile) {
  const int64_t lines = operand.lines - line, deep = operand.depth - depth;
  const Source* from = operand.data + line * operand.line_step + depth * operand.depth_step;
  const __m512 scale = _mm512_set1_ps(operand.scale);
  const bool scaled = along && operand.scales != nullptr;
  __m512 low_scales = _mm512_set1_ps(1), high_scales = low_scales;
  if (scaled) {
    low_scales = Load(First(deep), operand.scales + depth);
    if (deep > 16) high_scales = Load(First(deep - 16), operand.scales + depth + 16);
  }
  __m512i rows[parts][16], largest = _mm512_setzero_si512();
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
  for (int i = 0; i < 16; i++) {
    // The first and last 16 of one line; or a pair of each of 16 lines.
    const Source* x = from + (along ? i * operand.line_step : 2 * i * operand.depth_step);
    const int64_t step = along ? 16 : operand.depth_step;
    __m512 low, high;
    if (whole) {
      low = Load(kAll, x);
      high = Load(kAll, x + step);
    } else {
      // Loads with an empty mask are left out: where the address is not mapped, one takes hundreds of cycles.
      const int64_t first = along ? (i < lines ? deep : 0) : (2 * i < deep ? lines : 0);
      const int64_t second = along ? (i < lines ? deep - 16 : 0) : (2 * i + 1 < deep ? lines : 0);
      low = first > 0 ? Load(First(first), x) : _mm512_setzero_ps();
      high = second > 0 ? Load(First(second), x + step) : _mm512_setzero_ps();
    }
    if (scaled) {
      low = _mm512_mul_ps(low, low_scales);
      high = _mm512_mul_ps(high, high_scales);
    }
    if (parts > 1) {
      low = _mm512_mul_ps(low, scale);
      high = _mm512_mul_ps(high, scale);
      for (const __m512 x : {low, high}) largest = _mm512_maskz_max_epu32(kAll, largest, _mm512_and_epi32(_mm512_castps_si512(x), magnitude));
    }
    for (int p = 0; p < parts; p++) {
      rows[p][i] = Pairs(along, low, high);
      if (p + 1 < parts) Subtract(along, rows[p][i], low, high);
    }
  }
  if (parts > 1 && operand.largest != nullptr) operand.largest->Add(LargestOf(largest));
  for (int p = 0; p < parts; p++) {
    if (along != (side == Side::kA)) Transpose(rows[p]);
    for (int i = 0; i < 16; i++) _mm512_storeu_si512(tile + p * kTileSize + 16 * i, rows[p][i]);
  }
}

#define BLASTRAIN_AVX512_BYTES __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,avx512vbmi,avx512vnni")))

// Bytes of four numbers in each lane, as a pair of the first two and one of the others. A small integer's float has nothing in its lower half.
BLASTRAIN_AVX512_BYTES inline void PairsOfBytes(__m512i bytes, __m512i& first, __m512i& second) {
  const __m512i zero_point = _mm512_set1_epi32(-kZeroPoint);
  const auto floats = [=](int at) BLASTRAIN_AVX512_BYTES {
    return _mm512_castps_si512(_mm512_maskz_cvtepi32_ps(kAll, _mm512_dpbusd_epi32(zero_point, bytes, _mm512_set1_epi32(1 << 8 * at))));
  };
  first = _mm512_or_si512(_mm512_maskz_srli_epi32(kAll, floats(0), 16), floats(1));
  second = _mm512_or_si512(_mm512_maskz_srli_epi32(kAll, floats(2), 16), floats(3));
}

// The same of a whole tile of bytes, in half the time: two rows of pairs at once.
template <bool along>
BLASTRAIN_AVX512_BYTES void PackBytes(const Operand<uint8_t>& operand, Side side, int64_t line, int64_t depth, uint32_t* tile) {
  const uint8_t* from = operand.data + line * operand.line_step + depth * operand.depth_step;
  alignas(64) uint8_t order[64];
  for (int i = 0; i < 16; i++) {
    // Two neighbours of each of two lines; or one number of each of four depths.
    for (int b = 0; b < 4; b++) order[4 * i + b] = uint8_t(along ? b / 2 * 32 + 2 * i + b % 2 : b * 16 + i);
  }
  const __m512i permutation = _mm512_load_si512(order);
  __m512i rows[16];
  for (int i = 0; i < 16; i += 2) {
    __m512i bytes;
    if (along) {
      const uint8_t* x = from + i * operand.line_step;
      bytes = _mm512_maskz_inserti64x4(0xFF, _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x))),
                                       _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + operand.line_step)), 1);
    } else {
      const auto load = [&](int d) BLASTRAIN_AVX512_BYTES {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + (2 * i + d) * operand.depth_step));
      };
      bytes = _mm512_castsi128_si512(load(0));
      bytes = _mm512_maskz_inserti32x4(kAll, bytes, load(1), 1);
      bytes = _mm512_maskz_inserti32x4(kAll, bytes, load(2), 2);
      bytes = _mm512_maskz_inserti32x4(kAll, bytes, load(3), 3);
    }
    PairsOfBytes(_mm512_maskz_permutexvar_epi8(~0ull, permutation, bytes), rows[i], rows[i + 1]);
  }
  if (along != (side == Side::kA)) Transpose(rows);
  for (int i = 0; i < 16; i++) _mm512_storeu_si512(tile + 16 * i, rows[i]);
}

template <int parts, typename Source>
void PackTileAvx512(const Operand<Source>& operand, Side side, int64_t line, int64_t depth, uint32_t* tile) {
  const bool whole = operand.lines - line >= kTileLines && operand.depth - depth >= kTileDepth;
  if constexpr (std::is_same_v<Source, uint8_t>) {
    if (whole && UsedInstructions().bytes) return (operand.depth_step == 1 ? PackBytes<true> : PackBytes<false>)(operand, side, line, depth, tile);
  }
  const auto pack = operand.depth_step == 1 ? (whole ? PackTileAvx512<parts, true, true, Source> : PackTileAvx512<parts, true, false, Source>)
                                            : (whole ? PackTileAvx512<parts, false, true, Source> : PackTileAvx512<parts, false, false, Source>);
  pack(operand, side, line, depth, tile);
}

#endif

// Packs panels [begin, end) of `operand`, along its rows in memory: across them each cache line would be waited for.
template <int parts, typename Source>
void Pack(const Operand<Source>& operand, Side side, int64_t begin, int64_t end, const Packed& packed) {
  auto pack = PackTile<parts, Source>;
#if defined(BLASTRAIN_BF16)
  if (UsedInstructions().bfloat16) pack = PackTileAvx512<parts, Source>;
#endif
  const auto one = [&](int64_t g, int64_t b) {
    pack(operand, side, g * kTileLines, b * kTileDepth, packed.pairs + g * packed.panel + b * parts * kTileSize);
  };
  if (operand.depth_step == 1) {
    for (int64_t g = begin; g < end; g++) {
      for (int64_t b = 0; b < operand.DepthTiles(); b++) one(g, b);
    }
  } else {
    for (int64_t b = 0; b < operand.DepthTiles(); b++) {
      for (int64_t g = begin; g < end; g++) one(g, b);
    }
  }
}

}  // namespace blastrain::bf16
