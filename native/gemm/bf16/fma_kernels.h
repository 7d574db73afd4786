// The micro-kernels of bfloat16 for CPUs without instructions for it, or with slow ones: factors are widened to float32, which is exact, and
// multiplied by fused multiply-adds of AVX-512, AVX2 or NEON, so that bfloat16 is at least as fast as float32 there.
#pragma once

#include <cstdint>

#include "gemm/bf16/micro_tile.h"
#include "gemm/simd.h"

#if defined(BLASTRAIN_SIMD) || defined(__aarch64__)

namespace blastrain::bf16 {

// Defines a struct of micro-kernels. Sums fill the registers: `rows` of `vectors` vectors, `groups` times beside each other. The factors of A are widened
// once for a tile, into memory that their broadcasts read; those of B where they are used, two operations for 2 * rows multiply-adds.
#define BLASTRAIN_FMA_BF16(target, name)                                                                                                              \
  struct name {                                                                                                                                       \
    template <typename S>                                                                                                                             \
    target static auto Load(const uint32_t* pairs) {                                                                                                  \
      typedef uint32_t Pairs __attribute__((vector_size(sizeof(typename S::V))));                                                                     \
      return Pairs(S::Load(reinterpret_cast<const float*>(pairs)));                                                                                   \
    }                                                                                                                                                 \
    template <typename S, int rows, int vectors, int groups>                                                                                          \
    target static void Multiply(const MicroTile& tile, RowsPrefetcher& written) {                                                                     \
      using V = typename S::V;                                                                                                                        \
      constexpr int lanes = sizeof(V) / sizeof(float), per_panel = kTileLines / lanes;                                                                \
      alignas(64) float a_wide[2][rows][kTilePairs];                                                                                                  \
      for (int64_t r = 0; r < tile.rows; r += rows) {                                                                                                 \
        for (int g = 0; g < groups; g++) {                                                                                                            \
          V sums[rows][vectors] = {};                                                                                                                 \
          const uint32_t* a = tile.a.pairs + r / kTileLines * tile.a.panel + r % kTileLines * kTilePairs;                                             \
          const uint32_t* b[vectors];                                                                                                                 \
          for (int v = 0; v < vectors; v++) {                                                                                                         \
            const int at = g * vectors + v;                                                                                                           \
            b[v] = tile.b.pairs + at / per_panel * tile.b.panel + at % per_panel * lanes;                                                             \
          }                                                                                                                                           \
          for (int64_t d = 0; d < tile.depth_tiles; d++, a += kTileSize) {                                                                            \
            for (int i = 0; i < rows; i++) {                                                                                                          \
              for (int q = 0; q < kTilePairs; q += lanes) {                                                                                           \
                const auto pairs = Load<S>(a + i * kTilePairs + q);                                                                                   \
                S::Store(&a_wide[0][i][q], V(pairs << 16));                                                                                           \
                S::Store(&a_wide[1][i][q], V(pairs & 0xffff0000u));                                                                                   \
              }                                                                                                                                       \
            }                                                                                                                                         \
            for (int64_t q = 0; q < kTilePairs; q++) {                                                                                                \
              if (q % (kTilePairs / 2) == 0) written.FetchRows(1);                                                                                    \
              _Pragma("GCC unroll 2") for (int odd = 0; odd < 2; odd++) {                                                                             \
                V factors[vectors];                                                                                                                   \
                for (int v = 0; v < vectors; v++) {                                                                                                   \
                  const auto pairs = Load<S>(b[v] + d * kTileSize + q * kTileLines);                                                                  \
                  factors[v] = odd == 0 ? V(pairs << 16) : V(pairs & 0xffff0000u);                                                                    \
                }                                                                                                                                     \
                _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++) {                                                                              \
                  const V factor = S::Broadcast(a_wide[odd][i][q]);                                                                                   \
                  for (int v = 0; v < vectors; v++) sums[i][v] = S::Fma(factor, factors[v], sums[i][v]);                                              \
                }                                                                                                                                     \
              }                                                                                                                                       \
            }                                                                                                                                         \
          }                                                                                                                                           \
          _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++) {                                                                                    \
            for (int v = 0; v < vectors; v++) S::Store(tile.sums + (r + i) * tile.stride + (g * vectors + v) * lanes, sums[i][v]);                    \
          }                                                                                                                                           \
        }                                                                                                                                             \
      }                                                                                                                                               \
    }                                                                                                                                                 \
  };
#if defined(__aarch64__)

BLASTRAIN_FMA_BF16(, NeonFma)

// A panel of 16 is four vectors; 4 rows of them leave half of the registers for factors.
inline void NeonFmaMicroKernel(const MicroTile& tile, RowsPrefetcher& written) {
  constexpr MicroKernel::Function functions[] = {NeonFma::Multiply<Vector128<float>, 4, 4, 1>, NeonFma::Multiply<Vector128<float>, 4, 4, 2>,
                                                 NeonFma::Multiply<Vector128<float>, 4, 4, 3>};
  functions[tile.b_panels - 1](tile, written);
}

#else

BLASTRAIN_FMA_BF16(BLASTRAIN_AVX512, Avx512Fma)
BLASTRAIN_FMA_BF16(BLASTRAIN_AVX2, Avx2Fma)

inline void Avx512FmaMicroKernel(const MicroTile& tile, RowsPrefetcher& written) {
  constexpr MicroKernel::Function functions[] = {Avx512Fma::Multiply<Avx512Float, 8, 1, 1>, Avx512Fma::Multiply<Avx512Float, 8, 2, 1>,
                                                 Avx512Fma::Multiply<Avx512Float, 8, 3, 1>};
  functions[tile.b_panels - 1](tile, written);
}

// Its 16 registers hold 4 rows of three vectors of sums, so that a panel of 16 is two vectors.
inline void Avx2FmaMicroKernel(const MicroTile& tile, RowsPrefetcher& written) {
  constexpr MicroKernel::Function functions[] = {Avx2Fma::Multiply<Avx2Float, 4, 2, 1>, Avx2Fma::Multiply<Avx2Float, 4, 2, 2>,
                                                 Avx2Fma::Multiply<Avx2Float, 4, 3, 2>};
  functions[tile.b_panels - 1](tile, written);
}

#endif
#undef BLASTRAIN_FMA_BF16

}  // namespace blastrain::bf16

#endif
