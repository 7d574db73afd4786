// Draws that follow from a key and a position alone: blocks of four words by Philox4x32-10 (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011), block b from the counter (b, 0, 0, 0). Uniforms and normals are made of them by
// additions, products, divisions and square roots of doubles, each of which rounds as in lib/kernels/reference/random.ts.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/elementary.h"
#include "kernels/loops.h"

namespace blastrain {

struct PhiloxKey {
  uint32_t first;
  uint32_t second;
};

// The words of kBlocks blocks from `block` on, each word in an array of its own, so that loops over blocks vectorise.
constexpr int kPhiloxBlocks = 64;
struct PhiloxWords {
  uint32_t words[4][kPhiloxBlocks];
};

BLASTRAIN_INLINE void Philox(PhiloxKey key, uint32_t block, PhiloxWords& out) {
  BLASTRAIN_ELEMENTWISE
  for (int i = 0; i < kPhiloxBlocks; i++) {
    uint32_t c0 = block + uint32_t(i), c1 = 0, c2 = 0, c3 = 0, k0 = key.first, k1 = key.second;
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
      const uint64_t p0 = uint64_t(0xD2511F53u) * c0;
      const uint64_t p1 = uint64_t(0xCD9E8D57u) * c2;
      c0 = uint32_t(p1 >> 32) ^ c1 ^ k0;
      c1 = uint32_t(p1);
      c2 = uint32_t(p0 >> 32) ^ c3 ^ k1;
      c3 = uint32_t(p0);
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    out.words[0][i] = c0;
    out.words[1][i] = c1;
    out.words[2][i] = c2;
    out.words[3][i] = c3;
  }
}

// An integer below 2^52 as a double, without the conversion that AVX2 lacks.
BLASTRAIN_INLINE double AsDouble(uint64_t value) {
  const uint64_t bits = value | 0x4330000000000000u;
  double sum;
  std::memcpy(&sum, &bits, sizeof(double));
  return sum - 0x1p52;
}

// The middle of the word's 2^32nd part of (0, 1).
BLASTRAIN_INLINE double UniformOf(uint32_t word) { return (AsDouble(word) + 0.5) * 0x1p-32; }

// log u of u in (0, 1): u = 2^k m with m in (sqrt(1/2), sqrt 2], log m = 2 atanh s, s = (m - 1) / (m + 1), by its series.
BLASTRAIN_INLINE double LogOfUniform(double u) {
  constexpr double kAtanh[] = {2, 2 / 3., 2 / 5., 2 / 7., 2 / 9., 2 / 11., 2 / 13., 2 / 15., 2 / 17., 2 / 19.};
  uint64_t bits;
  std::memcpy(&bits, &u, sizeof(double));
  const uint64_t mantissa = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u;
  double m;
  std::memcpy(&m, &mantissa, sizeof(double));
  const bool above = m > 0x1.6a09e667f3bcdp+0;
  const double k = AsDouble(bits >> 52) - (above ? 1022.0 : 1023.0);
  m = above ? 0.5 * m : m;
  const double s = (m - 1) / (m + 1);
  return k * 0x1.62e42fefa39efp-1 + s * Polynomial(kAtanh, s * s);
}

// Writes elements begin to end of what a key gives, `make(words, values)` of 4 kPhiloxBlocks elements at a time; begin is a multiple of 4.
template <typename T, typename Make>
BLASTRAIN_INLINE void Draw(int64_t begin, int64_t end, PhiloxKey key, T* out, const Make& make) {
  PhiloxWords words;
  double values[4][kPhiloxBlocks];
  for (int64_t at = begin; at < end; at += 4 * kPhiloxBlocks) {
    Philox(key, uint32_t(at / 4), words);
    make(words, values);
    const int64_t count = std::min<int64_t>(end - at, 4 * kPhiloxBlocks);
    for (int64_t i = 0; i < count; i++) out[at + i] = static_cast<T>(values[i % 4][i / 4]);
  }
}

// Pairs of words become pairs of normals (Box & Muller, 1958).
template <typename T>
BLASTRAIN_KERNEL void FillNormal(int64_t begin, int64_t end, double std, PhiloxKey key, T* out) {
  Draw(begin, end, key, out, [std](const PhiloxWords& words, double (&values)[4][kPhiloxBlocks]) {
    for (int pair = 0; pair < 4; pair += 2) {
      BLASTRAIN_ELEMENTWISE
      for (int i = 0; i < kPhiloxBlocks; i++) {
        const double radius = std::sqrt(-2 * LogOfUniform(UniformOf(words.words[pair][i])));
        const Circle<double> circle = CircleOf(UniformOf(words.words[pair + 1][i]));
        values[pair][i] = std * (radius * circle.cosine);
        values[pair + 1][i] = std * (radius * circle.sine);
      }
    }
  });
}

template <typename T>
BLASTRAIN_KERNEL void FillUniform(int64_t begin, int64_t end, double low, double high, PhiloxKey key, T* out) {
  Draw(begin, end, key, out, [=](const PhiloxWords& words, double (&values)[4][kPhiloxBlocks]) {
    for (int word = 0; word < 4; word++) {
      BLASTRAIN_ELEMENTWISE
      for (int i = 0; i < kPhiloxBlocks; i++) values[word][i] = low + (high - low) * UniformOf(words.words[word][i]);
    }
  });
}

}  // namespace blastrain
