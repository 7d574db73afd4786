#include "gemm/gemm_tn_kernel.h"

#include <type_traits>

#include "gemm/simd.h"
#include "isa.h"

namespace blastrain {

// The micro-tile's sums fill the registers: mr rows of two vectors.
#define BLASTRAIN_GEMM_TN(target, name)                                                                           \
  template <typename S, int mr>                                                                                   \
  target void name(int64_t m, const typename S::T* dy, const typename S::T* x, typename S::T* g,                  \
                   int64_t stride, const PrefetchList& prefetches) {                                              \
    constexpr int lanes = sizeof(typename S::V) / sizeof(typename S::T);                                          \
    typename S::V sums[mr][2] = {};                                                                               \
    for (int64_t i = 0; i < m; i++, dy += mr, x += 2 * lanes) {                                                   \
      if (i < prefetches.count) __builtin_prefetch(prefetches.at[i], 1);                                          \
      const typename S::V left = S::Load(x), right = S::Load(x + lanes);                                          \
      _Pragma("GCC unroll 16") for (int r = 0; r < mr; r++) {                                                     \
        const typename S::V factor = S::Broadcast(dy[r]);                                                         \
        sums[r][0] = S::Fma(factor, left, sums[r][0]);                                                            \
        sums[r][1] = S::Fma(factor, right, sums[r][1]);                                                           \
      }                                                                                                           \
    }                                                                                                             \
    _Pragma("GCC unroll 16") for (int r = 0; r < mr; r++) {                                                       \
      S::Store(g + r * stride, sums[r][0]);                                                                       \
      S::Store(g + r * stride + lanes, sums[r][1]);                                                               \
    }                                                                                                             \
  }                                                                                                               \
  template <typename S>                                                                                           \
  target void name##PackX(int64_t m, int64_t n, const typename S::T* x, int64_t stride, typename S::T* panels) {  \
    constexpr int lanes = sizeof(typename S::V) / sizeof(typename S::T);                                          \
    for (int64_t i = 0; i < m; i++, x += stride, panels += 2 * lanes) {                                           \
      typename S::T* to = panels;                                                                                 \
      for (int64_t j = 0; j + 2 * lanes <= n; j += 2 * lanes, to += m * 2 * lanes) {                              \
        S::Store(to, S::Load(x + j));                                                                             \
        S::Store(to + lanes, S::Load(x + j + lanes));                                                             \
      }                                                                                                           \
    }                                                                                                             \
  }

#if defined(BLASTRAIN_SIMD)

BLASTRAIN_GEMM_TN(BLASTRAIN_AVX512, Avx512GemmTn)
BLASTRAIN_GEMM_TN(BLASTRAIN_AVX2, Avx2GemmTn)

template <typename S>
GemmTnKernel<typename S::T> MakeAvx512GemmTn() {
  return {12, 128 / sizeof(typename S::T), Avx512GemmTnPackX<S>,
          {Avx512GemmTn<S, 2>, Avx512GemmTn<S, 4>, Avx512GemmTn<S, 6>, Avx512GemmTn<S, 8>, Avx512GemmTn<S, 10>,
           Avx512GemmTn<S, 12>}};
}
template <typename S>
GemmTnKernel<typename S::T> MakeAvx2GemmTn() {
  return {6, 64 / sizeof(typename S::T), Avx2GemmTnPackX<S>, {Avx2GemmTn<S, 2>, Avx2GemmTn<S, 4>, Avx2GemmTn<S, 6>}};
}

template <typename T>
GemmTnKernel<T> BestGemmTnKernel() {
  constexpr bool single = sizeof(T) == sizeof(float);
  if (UsedInstructions().vectors >= Isa::kAvx512) {
    return MakeAvx512GemmTn<std::conditional_t<single, Avx512Float, Avx512Double>>();
  }
  if (UsedInstructions().vectors >= Isa::kAvx2) return MakeAvx2GemmTn<std::conditional_t<single, Avx2Float, Avx2Double>>();
  return {};
}

#elif defined(__wasm__)

BLASTRAIN_GEMM_TN(, GemmTn128)

template <typename T>
GemmTnKernel<T> BestGemmTnKernel() {
  using S = Vector128<T>;
  return {4, 2 * S::kLanes, GemmTn128PackX<S>, {GemmTn128<S, 2>, GemmTn128<S, 4>}};
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
