// The micro-kernel of dy^T x (fused_update.h): one micro-tile of MR x NR sums in registers, from packed operands; float32
// and float64, AVX-512 and AVX2 with FMA.
#pragma once

#include <cstdint>
#include <type_traits>

#include "gemm/simd.h"
#include "isa.h"

namespace blastrain {

// The most columns of dW that are computed and updated at a time.
inline constexpr int64_t kFusedNC = 384;

// Cache lines to prefetch for writing while a micro-tile is computed, one at each step of its depth: all at once would keep
// the core waiting (1024 x 3072 weights with Adam: 4.7 ms instead of 4.2).
struct PrefetchList {
  static constexpr int kMax = 128;

  template <typename T>
  void Add([[maybe_unused]] const T* x, [[maybe_unused]] int64_t elements) {
#if !defined(__wasm__)  // It has no instruction for that.
    for (int64_t i = 0; i < elements && count < kMax; i += int64_t(64 / sizeof(T))) at[count++] = x + i;
#endif
  }

  int count = 0;
  const void* at[kMax];  // May lie past the end of an array: a prefetch does not fault.
};

// What this CPU offers. A packed panel of dy holds mr columns of it, example by example, and one of x nr columns.
template <typename T>
struct GemmTnKernel {
  // g[mr,nr], rows `stride` apart, <- the product of a panel of dy and one of x, of m examples.
  using Function = void (*)(int64_t m, const T* dy, const T* x, T* g, int64_t stride, const PrefetchList& prefetches);
  // panels <- the whole panels of nr columns in x[m,n], rows `stride` apart: a row of x at a time, as memory is read fastest
  // that way (50 x 3072 weights, 200 examples, one thread: 0.35 ms instead of 0.39 for panel after panel).
  using PackX = void (*)(int64_t m, int64_t n, const T* x, int64_t stride, T* panels);

  int max_mr;  // Even; 0 where there is no micro-kernel.
  int nr;
  PackX pack_x;
  Function functions[6];  // For mr = 2, 4, ... max_mr.
};

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

}  // namespace blastrain
