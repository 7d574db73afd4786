#include "gemm/gemm_nt_kernel.h"

#include <algorithm>
#include <type_traits>

#include "gemm/simd.h"
#include "isa.h"
#include "kernels/loops.h"

namespace blastrain {

#if defined(BLASTRAIN_SIMD)

// SumLanes<0> of two vectors, then SumLanes<1> of two such results, and so on, reduces as many vectors as a vector has lanes
// to the vector of their sums. It uses intrinsics with full masks because GCC 12 warns of its own header for those without.
struct Avx512FloatNt : Avx512Float {
  template <int level>
  BLASTRAIN_AVX512 static V SumLanes(V a, V b) {
    constexpr __mmask16 all = 0xFFFF;
    if constexpr (level == 0) return Add(_mm512_maskz_unpacklo_ps(all, a, b), _mm512_maskz_unpackhi_ps(all, a, b));
    if constexpr (level == 1) return Add(_mm512_maskz_shuffle_ps(all, a, b, 0x44), _mm512_maskz_shuffle_ps(all, a, b, 0xEE));
    constexpr int low = level == 2 ? 0x44 : 0x88, high = level == 2 ? 0xEE : 0xDD;
    return Add(_mm512_maskz_shuffle_f32x4(all, a, b, low), _mm512_maskz_shuffle_f32x4(all, a, b, high));
  }
};
struct Avx512DoubleNt : Avx512Double {
  template <int level>
  BLASTRAIN_AVX512 static V SumLanes(V a, V b) {
    constexpr __mmask8 all = 0xFF;
    if constexpr (level == 0) return Add(_mm512_maskz_unpacklo_pd(all, a, b), _mm512_maskz_unpackhi_pd(all, a, b));
    constexpr int low = level == 1 ? 0x44 : 0x88, high = level == 1 ? 0xEE : 0xDD;
    return Add(_mm512_maskz_shuffle_f64x2(all, a, b, low), _mm512_maskz_shuffle_f64x2(all, a, b, high));
  }
};

// Each of the MR x NR sums has a vector of its own, as many as registers hold; their lanes are added up at the end, for all
// at once.
#define BLASTRAIN_GEMM_NT(target, name)                                                                                 \
  template <typename S, int nr>                                                                                         \
  target BLASTRAIN_INLINE void name##Add(const typename S::V (&x)[4], const typename S::T* panel, typename S::V* v) {   \
    constexpr int lanes = sizeof(typename S::V) / sizeof(typename S::T);                                                \
    _Pragma("GCC unroll 16") for (int j = 0; j < nr; j++) {                                                             \
      const typename S::V y = S::Load(panel + j * lanes);                                                               \
      _Pragma("GCC unroll 16") for (int i = 0; i < 4; i++) v[i * nr + j] = S::Fma(x[i], y, v[i * nr + j]);              \
    }                                                                                                                   \
  }                                                                                                                     \
  template <typename S, int level, int count>                                                                           \
  target BLASTRAIN_INLINE void name##Sum(typename S::V* v) {                                                            \
    if constexpr ((sizeof(typename S::V) / sizeof(typename S::T)) >> level > 1) {                                       \
      _Pragma("GCC unroll 16") for (int i = 0; i < count / 2; i++) {                                                    \
        v[i] = S::template SumLanes<level>(v[2 * i], v[2 * i + 1]);                                                     \
      }                                                                                                                 \
      name##Sum<S, level + 1, count / 2>(v);                                                                            \
    }                                                                                                                   \
  }                                                                                                                     \
  template <typename S, int nr>                                                                                         \
  target void name(int64_t lead, int64_t k, const typename S::T* const* a, const typename S::T* panel, bool add,        \
                   typename S::T* c, int64_t stride) {                                                                  \
    using V = typename S::V;                                                                                            \
    constexpr int lanes = sizeof(V) / sizeof(typename S::T), vectors = (4 * nr + lanes - 1) / lanes;                    \
    const typename S::T *a0 = a[0], *a1 = a[1], *a2 = a[2], *a3 = a[3];                                                 \
    V v[vectors * lanes] = {};                                                                                          \
    for (int64_t l = -lead; l < k; l += lanes, panel += nr * lanes) {                                                   \
      if (l >= 0 && l + lanes <= k) {                                                                                   \
        name##Add<S, nr>({S::Load(a0 + l), S::Load(a1 + l), S::Load(a2 + l), S::Load(a3 + l)}, panel, v);               \
      } else {                                                                                                          \
        const int64_t from = std::max<int64_t>(-l, 0), to = std::min<int64_t>(k - l, lanes);                            \
        name##Add<S, nr>({S::LoadPart(a0 + l, from, to), S::LoadPart(a1 + l, from, to), S::LoadPart(a2 + l, from, to),  \
                          S::LoadPart(a3 + l, from, to)}, panel, v);                                                    \
      }                                                                                                                 \
    }                                                                                                                   \
    name##Sum<S, 0, vectors * lanes>(v);                                                                                \
    typename S::T sums[(vectors + 1) * lanes];                                                                          \
    _Pragma("GCC unroll 16") for (int i = 0; i < vectors; i++) S::Store(sums + i * lanes, v[i]);                        \
    _Pragma("GCC unroll 16") for (int i = 0; i < 4; i++, c += stride) {                                                 \
      const V sum = S::Load(sums + i * nr);                                                                             \
      S::StoreFirst(c, add ? S::Add(S::LoadPart(c, 0, nr), sum) : sum, nr);                                             \
    }                                                                                                                   \
  }                                                                                                                     \
  template <typename S>                                                                                                 \
  target void name##PackB(int64_t lead, int64_t k, int64_t nr, const typename S::T* b, int64_t stride,                  \
                          typename S::T* panel) {                                                                       \
    constexpr int lanes = sizeof(typename S::V) / sizeof(typename S::T);                                                \
    for (int64_t j = 0; j < nr; j++, b += stride) {                                                                     \
      typename S::T* to = panel + j * lanes;                                                                            \
      for (int64_t l = -lead; l < k; l += lanes, to += nr * lanes) {                                                    \
        const bool whole = l >= 0 && l + lanes <= k;                                                                    \
        const int64_t from = std::max<int64_t>(-l, 0), end = std::min<int64_t>(k - l, lanes);                           \
        S::Store(to, whole ? S::Load(b + l) : S::LoadPart(b + l, from, end));                                           \
      }                                                                                                                 \
    }                                                                                                                   \
  }
BLASTRAIN_GEMM_NT(BLASTRAIN_AVX512, Avx512GemmNt)
#undef BLASTRAIN_GEMM_NT

template <typename S>
GemmNtKernel<typename S::T> MakeAvx512GemmNt() {
  return {6, 64 / sizeof(typename S::T), Avx512GemmNtPackB<S>,
          {Avx512GemmNt<S, 1>, Avx512GemmNt<S, 2>, Avx512GemmNt<S, 3>, Avx512GemmNt<S, 4>, Avx512GemmNt<S, 5>,
           Avx512GemmNt<S, 6>}};
}
template <typename T>
GemmNtKernel<T> BestGemmNtKernel() {
  constexpr bool single = sizeof(T) == sizeof(float);
  if (UsedInstructions().vectors >= Isa::kAvx512) {
    return MakeAvx512GemmNt<std::conditional_t<single, Avx512FloatNt, Avx512DoubleNt>>();
  }
  return {};
}

#else

template <typename T>
GemmNtKernel<T> BestGemmNtKernel() {
  return {};
}

#endif

template GemmNtKernel<float> BestGemmNtKernel();
template GemmNtKernel<double> BestGemmNtKernel();

}  // namespace blastrain
