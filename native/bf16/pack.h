// Matrices of float32, or of bytes, as blocks of bfloat16, the way that dot products of pairs want them.
//
// A block holds 16 lines, rows of the left factor or columns of the right one, 32 deep: 16x16 pairs of neighbours in depth, a
// pair in 32 bits with the first in the lower half. The left factor's blocks go pair by pair for each line, the right one's line
// by line for each pair; both are tiles as AMX wants them, and as vectors of 16 pairs serve AVX-512. Blocks of the same lines
// follow one another in depth. What is beyond the matrix is 0.
//
// A float32 is the sum of three bfloat16: its rounding, that of the rest, and what then is left, of 8 bits of significand each.
// A factor is packed as one part, rounded, or as these three. A byte less 128 is a bfloat16: bytes have one part.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "isa.h"
#include "kernels/bytes.h"
#include "kernels/loops.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define BLASTRAIN_BF16 1
#include <immintrin.h>
#endif

namespace blastrain::bf16 {

inline constexpr int64_t kLines = 16;
inline constexpr int64_t kDepth = 32;
inline constexpr int64_t kPairs = kDepth / 2;
inline constexpr int64_t kBlock = kLines * kPairs;

inline uint32_t Bits(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
inline float Float(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// x rounded to bfloat16, the nearest and of two the even one, in the upper half of a float's bits. What is below the normal
// numbers counts as 0, as in the instructions that do the same.
inline uint32_t Rounded(float x) {
  const uint32_t bits = Bits(x);
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude < 0x00800000u) return bits & 0x80000000u;
  if (magnitude > 0x7f800000u) return (bits | 0x00400000u) & 0xffff0000u;  // NaN
  return (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;
}

// A factor: element (line, depth) is at data[line * line_step + depth * depth_step], and one of the steps is 1. Floats are first
// multiplied by `scales` of their depth, where there are such, as there may be if depth_step is 1, and those that are split by
// `scale`, a power of two.
template <typename Source = float>
struct Factor {
  const Source* data;
  int64_t lines, depth, line_step, depth_step;
  const float* scales = nullptr;
  float scale = 1;

  // The factor from `from` on, `length` deep or what there is.
  Factor Deeper(int64_t from, int64_t length) const {
    const float* of_depth = scales == nullptr ? nullptr : scales + from;
    return {data + from * depth_step, lines, std::min(length, depth - from), line_step, depth_step, of_depth, scale};
  }

  int64_t Groups() const { return (lines + kLines - 1) / kLines; }
  int64_t Blocks() const { return (depth + kDepth - 1) / kDepth; }
};

// Where the pairs of a packed factor are, and how far it is from one group of 16 lines to the next, and from one part.
struct Packed {
  Packed From(int64_t groups) const { return {pairs + groups * group, group, part}; }

  uint32_t* pairs;
  int64_t group, part;
};

enum class Side { kLeft, kRight };

// Element `at` of `depth` of a factor's line, as a number.
inline float NumberAt(const Factor<float>& factor, const float* line, int64_t depth, int64_t at) {
  const float x = line[at * factor.depth_step];
  return factor.scales == nullptr ? x : x * factor.scales[depth + at];
}
inline float NumberAt(const Factor<uint8_t>& factor, const uint8_t* line, int64_t, int64_t at) {
  return float(int(line[at * factor.depth_step]) - kMiddle);
}

// One block of `factor`, from (line, depth) on, in as many parts.
template <int parts, typename Source>
void PackBlock(const Factor<Source>& factor, Side side, int64_t line, int64_t depth, uint32_t* block, int64_t part) {
  for (int p = 0; p < parts; p++) std::fill_n(block + p * part, kBlock, 0u);
  const int64_t lines = std::min(kLines, factor.lines - line);
  const int64_t deep = std::min(kDepth, factor.depth - depth);
  for (int64_t l = 0; l < lines; l++) {
    const Source* from = factor.data + (line + l) * factor.line_step + depth * factor.depth_step;
    for (int64_t d = 0; d < deep; d++) {
      uint32_t* pair = block + (side == Side::kLeft ? l * kPairs + d / 2 : d / 2 * kLines + l);
      const float number = NumberAt(factor, from, depth, d);
      float rest = parts == 1 ? number : number * factor.scale;
      for (int p = 0; p < parts; p++) {
        const uint32_t rounded = Rounded(rest);
        pair[p * part] |= d % 2 == 0 ? rounded >> 16 : rounded;
        rest -= Float(rounded);
      }
    }
  }
}

#if defined(BLASTRAIN_BF16)

#define BLASTRAIN_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

// The first `count` of 16 lanes.
inline __mmask16 First(int64_t count) { return __mmask16((1u << std::clamp<int64_t>(count, 0, 16)) - 1); }

// A full mask: GCC 12 warns of its own header where there is none.
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

// 16 bfloat16, each in a lane of 32 bits.
BLASTRAIN_AVX512_BF16 inline __m512i Round(__m512 x) { return _mm512_maskz_cvtepu16_epi32(kAll, (__m256i)_mm512_cvtneps_pbh(x)); }

// What `rounded` leaves of x.
BLASTRAIN_AVX512_BF16 inline __m512 Rest(__m512 x, __m512i rounded) {
  return _mm512_sub_ps(x, _mm512_castsi512_ps(_mm512_maskz_slli_epi32(kAll, rounded, 16)));
}

// The first lanes of 16, as numbers; the others are 0.
BLASTRAIN_AVX512_BF16 inline __m512 Load(__mmask16 lanes, const float* x) { return _mm512_maskz_loadu_ps(lanes, x); }
BLASTRAIN_AVX512_BF16 inline __m512 Load(__mmask16 lanes, const uint8_t* x) {
  const __m512i bytes = _mm512_maskz_cvtepu8_epi32(kAll, _mm_maskz_loadu_epi8(lanes, x));
  return _mm512_maskz_cvtepi32_ps(lanes, _mm512_sub_epi32(bytes, _mm512_set1_epi32(kMiddle)));
}

// The same with AVX-512, to the bit.
template <int parts, typename Source>
BLASTRAIN_AVX512_BF16 void PackBlockAvx512(const Factor<Source>& factor, Side side, int64_t line, int64_t depth, uint32_t* block,
                                           int64_t part) {
  const int64_t lines = factor.lines - line, deep = factor.depth - depth;
  const Source* from = factor.data + line * factor.line_step + depth * factor.depth_step;
  const bool along = factor.depth_step == 1;
  const __m512 scale = _mm512_set1_ps(factor.scale);
  __m512 low_scales = _mm512_set1_ps(1), high_scales = low_scales;
  if (factor.scales != nullptr) {
    low_scales = Load(First(deep), factor.scales + depth);
    if (deep > 16) high_scales = Load(First(deep - 16), factor.scales + depth + 16);
  }
  __m512i rows[parts][16];
  for (int i = 0; i < 16; i++) {
    // Of one line the first and last 16; or of 16 lines a pair. No load of nothing: where no memory is behind it, that takes the
    // CPU hundreds of cycles.
    const Source* x = from + (along ? i * factor.line_step : 2 * i * factor.depth_step);
    const int64_t step = along ? 16 : factor.depth_step;
    const int64_t first = along ? (i < lines ? deep : 0) : (2 * i < deep ? lines : 0);
    const int64_t second = along ? (i < lines ? deep - 16 : 0) : (2 * i + 1 < deep ? lines : 0);
    __m512 low = first > 0 ? Load(First(first), x) : _mm512_setzero_ps();
    __m512 high = second > 0 ? Load(First(second), x + step) : _mm512_setzero_ps();
    if (factor.scales != nullptr) {
      low = _mm512_mul_ps(low, low_scales);
      high = _mm512_mul_ps(high, high_scales);
    }
    if (parts > 1) {
      low = _mm512_mul_ps(low, scale);
      high = _mm512_mul_ps(high, scale);
    }
    for (int p = 0; p < parts; p++) {
      const __m512i rounded_low = Round(low), rounded_high = Round(high);
      if (along) rows[p][i] = (__m512i)_mm512_cvtne2ps_pbh(high, low);
      else rows[p][i] = _mm512_or_si512(rounded_low, _mm512_maskz_slli_epi32(kAll, rounded_high, 16));
      low = Rest(low, rounded_low);
      high = Rest(high, rounded_high);
    }
  }
  for (int p = 0; p < parts; p++) {
    if (along != (side == Side::kLeft)) Transpose(rows[p]);
    for (int i = 0; i < 16; i++) _mm512_storeu_si512(block + p * part + 16 * i, rows[p][i]);
  }
}

#endif

// Groups [begin, end) of `factor`, along its rows in memory: across them each cache line would be waited for.
template <int parts, typename Source>
void Pack(const Factor<Source>& factor, Side side, int64_t begin, int64_t end, const Packed& packed) {
  auto pack = PackBlock<parts, Source>;
#if defined(BLASTRAIN_BF16)
  if (UsedInstructions().bfloat16) pack = PackBlockAvx512<parts, Source>;
#endif
  const auto one = [&](int64_t g, int64_t b) {
    pack(factor, side, g * kLines, b * kDepth, packed.pairs + g * packed.group + b * kBlock, packed.part);
  };
  if (factor.depth_step == 1) {
    for (int64_t g = begin; g < end; g++) {
      for (int64_t b = 0; b < factor.Blocks(); b++) one(g, b);
    }
  } else {
    for (int64_t b = 0; b < factor.Blocks(); b++) {
      for (int64_t g = begin; g < end; g++) one(g, b);
    }
  }
}

}  // namespace blastrain::bf16
