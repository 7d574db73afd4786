#include "gemm/gemm_tn_kernel.h"

#include <type_traits>
#include <utility>

#include "gemm/simd.h"
#include "isa.h"

namespace blastrain {

// Defines a struct of micro-kernels, whose sums fill the registers: mr rows of two vectors. Memory is fetched in steps, fewer of them where vectors
// are shorter: a micro-tile then takes less time, of which the end of a step, which no branch predictor foresees, takes a larger share.
#define BLASTRAIN_GEMM_TN(target, name)                                                    \
  struct name {                                                                            \
    template <typename S, int mr, bool copies>                                             \
    target static void Multiply(const TnTile<typename S::T>& tile) {                       \
      constexpr int lanes = sizeof(typename S::V) / sizeof(typename S::T);                 \
      const int64_t m = tile.m, x_step = tile.x_step;                                      \
      const typename S::T *dy = tile.dy, *x = tile.x;                                      \
      typename S::T* copy = tile.copy;                                                     \
      typename S::V sums[mr][2] = {};                                                      \
      constexpr int64_t rows_each = sizeof(typename S::V) == 64 ? 1 : 2;                   \
      constexpr int64_t steps = kPrefetches ? mr / rows_each : 1;                          \
      for (int64_t step = 1, i = 0; step <= steps; step++) {                               \
        if constexpr (kPrefetches) {                                                       \
          tile.written->FetchRows(rows_each);                                              \
          tile.read->Fetch(tile.lines * rows_each);                                        \
        }                                                                                  \
        for (const int64_t end = m * step / steps; i < end; i++, dy += mr, x += x_step) {  \
          const typename S::V left = S::Load(x), right = S::Load(x + lanes);               \
          _Pragma("GCC unroll 16") for (int r = 0; r < mr; r++) {                          \
            const typename S::V factor = S::Broadcast(dy[r]);                              \
            sums[r][0] = S::Fma(factor, left, sums[r][0]);                                 \
            sums[r][1] = S::Fma(factor, right, sums[r][1]);                                \
          }                                                                                \
          if constexpr (copies) {                                                          \
            S::Store(copy, left);                                                          \
            S::Store(copy + lanes, right);                                                 \
            copy += 2 * lanes;                                                             \
          }                                                                                \
        }                                                                                  \
      }                                                                                    \
      typename S::T* g = tile.g;                                                           \
      _Pragma("GCC unroll 16") for (int r = 0; r < mr; r++, g += tile.stride) {            \
        S::Store(g, sums[r][0]);                                                           \
        S::Store(g + lanes, sums[r][1]);                                                   \
      }                                                                                    \
    }                                                                                      \
  };

// What such a struct offers, for up to 2 `pairs` rows.
template <typename Multiplier, typename S, int... pairs>
GemmTnKernel<typename S::T> MakeGemmTn(std::integer_sequence<int, pairs...>) {
  return {2 * int(sizeof...(pairs)), 2 * int(sizeof(typename S::V) / sizeof(typename S::T)),
          {Multiplier::template Multiply<S, 2 * pairs + 2, false>...}, {Multiplier::template Multiply<S, 2 * pairs + 2, true>...}};
}
template <typename Multiplier, typename S, int max_mr>
GemmTnKernel<typename S::T> MakeGemmTn() {
  return MakeGemmTn<Multiplier, S>(std::make_integer_sequence<int, max_mr / 2>());
}

#if defined(BLASTRAIN_SIMD)

BLASTRAIN_GEMM_TN(BLASTRAIN_AVX512, Avx512GemmTn)
BLASTRAIN_GEMM_TN(BLASTRAIN_AVX2, Avx2GemmTn)

template <typename T>
GemmTnKernel<T> BestGemmTnKernel() {
  constexpr bool single = sizeof(T) == sizeof(float);
  if (UsedInstructions().vectors >= Isa::kAvx512) return MakeGemmTn<Avx512GemmTn, std::conditional_t<single, Avx512Float, Avx512Double>, 12>();
  if (UsedInstructions().vectors >= Isa::kAvx2) return MakeGemmTn<Avx2GemmTn, std::conditional_t<single, Avx2Float, Avx2Double>, 6>();
  return {};
}

#elif defined(__wasm__) || defined(__aarch64__)

BLASTRAIN_GEMM_TN(, GemmTn128)

#if defined(__aarch64__)
constexpr int kMaxRows128 = 12;  // It has 32 registers.
#else
constexpr int kMaxRows128 = 4;
#endif

template <typename T>
GemmTnKernel<T> BestGemmTnKernel() {
  return MakeGemmTn<GemmTn128, Vector128<T>, kMaxRows128>();
}

#else

template <typename T>
GemmTnKernel<T> BestGemmTnKernel() {
  return {};
}

#endif
#undef BLASTRAIN_GEMM_TN

template GemmTnKernel<float> BestGemmTnKernel();
template GemmTnKernel<double> BestGemmTnKernel();

}  // namespace blastrain
