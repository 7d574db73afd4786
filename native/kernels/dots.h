// Tiles of the product A B^T, whose rows both lie along k: sums of products of vectors, in registers; float32 and float64,
// AVX-512 and AVX2 with FMA.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "kernels/loops.h"
#include "kernels/tiles.h"

namespace blastrain {

// What this CPU can do. A tile is four rows of A, where they lie, times a panel: a copy of up to `rows` rows of B, a vector of
// each in turn. Where rows of A begin `lead` elements behind a vector's border, those of the panel do too, with zeros before:
// vectors across the border of a cache line take twice as long (256 x 512 x 1024: 0.66 ms instead of 0.58).
template <typename T>
struct Dots {
  static constexpr int kMostRows = 6;
  // panel <- `rows` rows of b, `stride` apart, from 0 to k.
  using Pack = void (*)(int64_t lead, int64_t k, int64_t rows, const T* b, int64_t stride, T* panel);
  // c[4, rows], `stride` apart, <- the products, or they are added to what is there.
  using Function = void (*)(int64_t lead, int64_t k, const T* const* a, const T* panel, bool add, T* c, int64_t stride);

  int rows;  // 0 where there are no tiles
  int lanes;
  Pack pack;
  Function functions[kMostRows];  // by the rows less one
};

#if defined(BLASTRAIN_TILES)

// Some: elements from `from` to `to` of a vector, and zeros. Sum<0> of a and b, then Sum<1> of two of these, and so on, make
// of as many vectors as one has elements the vector of their sums. The masks there are full: GCC 12 warns of its own header
// where there are none.
struct Avx512FloatDots : Avx512Float {
  BLASTRAIN_AVX512 static __mmask16 Mask(int64_t from, int64_t to) { return __mmask16((1u << to) - (1u << from)); }
  BLASTRAIN_AVX512 static V Some(const T* x, int64_t from, int64_t to) { return _mm512_maskz_loadu_ps(Mask(from, to), x); }
  BLASTRAIN_AVX512 static void StoreFirst(T* x, V v, int64_t n) { _mm512_mask_storeu_ps(x, Mask(0, n), v); }
  BLASTRAIN_AVX512 static V Add(V a, V b) { return _mm512_add_ps(a, b); }
  template <int level>
  BLASTRAIN_AVX512 static V Sum(V a, V b) {
    constexpr __mmask16 all = 0xFFFF;
    if constexpr (level == 0) return Add(_mm512_maskz_unpacklo_ps(all, a, b), _mm512_maskz_unpackhi_ps(all, a, b));
    if constexpr (level == 1) return Add(_mm512_maskz_shuffle_ps(all, a, b, 0x44), _mm512_maskz_shuffle_ps(all, a, b, 0xEE));
    constexpr int low = level == 2 ? 0x44 : 0x88, high = level == 2 ? 0xEE : 0xDD;
    return Add(_mm512_maskz_shuffle_f32x4(all, a, b, low), _mm512_maskz_shuffle_f32x4(all, a, b, high));
  }
};
struct Avx512DoubleDots : Avx512Double {
  BLASTRAIN_AVX512 static __mmask8 Mask(int64_t from, int64_t to) { return __mmask8((1u << to) - (1u << from)); }
  BLASTRAIN_AVX512 static V Some(const T* x, int64_t from, int64_t to) { return _mm512_maskz_loadu_pd(Mask(from, to), x); }
  BLASTRAIN_AVX512 static void StoreFirst(T* x, V v, int64_t n) { _mm512_mask_storeu_pd(x, Mask(0, n), v); }
  BLASTRAIN_AVX512 static V Add(V a, V b) { return _mm512_add_pd(a, b); }
  template <int level>
  BLASTRAIN_AVX512 static V Sum(V a, V b) {
    constexpr __mmask8 all = 0xFF;
    if constexpr (level == 0) return Add(_mm512_maskz_unpacklo_pd(all, a, b), _mm512_maskz_unpackhi_pd(all, a, b));
    constexpr int low = level == 1 ? 0x44 : 0x88, high = level == 1 ? 0xEE : 0xDD;
    return Add(_mm512_maskz_shuffle_f64x2(all, a, b, low), _mm512_maskz_shuffle_f64x2(all, a, b, high));
  }
};
struct Avx2FloatDots : Avx2Float {
  BLASTRAIN_AVX2 static __m256i Mask(int64_t from, int64_t to) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_andnot_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(int(from)), lane),
                               _mm256_cmpgt_epi32(_mm256_set1_epi32(int(to)), lane));
  }
  BLASTRAIN_AVX2 static V Some(const T* x, int64_t from, int64_t to) { return _mm256_maskload_ps(x, Mask(from, to)); }
  BLASTRAIN_AVX2 static void StoreFirst(T* x, V v, int64_t n) { _mm256_maskstore_ps(x, Mask(0, n), v); }
  BLASTRAIN_AVX2 static V Add(V a, V b) { return _mm256_add_ps(a, b); }
  template <int level>
  BLASTRAIN_AVX2 static V Sum(V a, V b) {
    if constexpr (level == 0) return Add(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
    if constexpr (level == 1) return Add(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xEE));
    return Add(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
  }
};
struct Avx2DoubleDots : Avx2Double {
  BLASTRAIN_AVX2 static __m256i Mask(int64_t from, int64_t to) {
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    return _mm256_andnot_si256(_mm256_cmpgt_epi64(_mm256_set1_epi64x(from), lane),
                               _mm256_cmpgt_epi64(_mm256_set1_epi64x(to), lane));
  }
  BLASTRAIN_AVX2 static V Some(const T* x, int64_t from, int64_t to) { return _mm256_maskload_pd(x, Mask(from, to)); }
  BLASTRAIN_AVX2 static void StoreFirst(T* x, V v, int64_t n) { _mm256_maskstore_pd(x, Mask(0, n), v); }
  BLASTRAIN_AVX2 static V Add(V a, V b) { return _mm256_add_pd(a, b); }
  template <int level>
  BLASTRAIN_AVX2 static V Sum(V a, V b) {
    if constexpr (level == 0) return Add(_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
    return Add(_mm256_permute2f128_pd(a, b, 0x20), _mm256_permute2f128_pd(a, b, 0x31));
  }
};

// As many vectors of sums as registers hold; only at the end are the elements of each added up, those of all at once.
#define BLASTRAIN_DOTS(target, name)                                                                                    \
  template <typename S, int rows>                                                                                       \
  target BLASTRAIN_INLINE void name##Add(const typename S::V (&x)[4], const typename S::T* panel, typename S::V* v) {   \
    constexpr int lanes = sizeof(typename S::V) / sizeof(typename S::T);                                                \
    _Pragma("GCC unroll 16") for (int j = 0; j < rows; j++) {                                                           \
      const typename S::V y = S::Load(panel + j * lanes);                                                               \
      _Pragma("GCC unroll 16") for (int i = 0; i < 4; i++) v[i * rows + j] = S::Fma(x[i], y, v[i * rows + j]);          \
    }                                                                                                                   \
  }                                                                                                                     \
  template <typename S, int level, int count>                                                                           \
  target BLASTRAIN_INLINE void name##Sum(typename S::V* v) {                                                            \
    if constexpr ((sizeof(typename S::V) / sizeof(typename S::T)) >> level > 1) {                                       \
      _Pragma("GCC unroll 16") for (int i = 0; i < count / 2; i++) v[i] = S::template Sum<level>(v[2 * i], v[2 * i + 1]); \
      name##Sum<S, level + 1, count / 2>(v);                                                                            \
    }                                                                                                                   \
  }                                                                                                                     \
  template <typename S, int rows>                                                                                       \
  target void name(int64_t lead, int64_t k, const typename S::T* const* a, const typename S::T* panel, bool add,        \
                   typename S::T* c, int64_t stride) {                                                                  \
    using V = typename S::V;                                                                                            \
    constexpr int lanes = sizeof(V) / sizeof(typename S::T), vectors = (4 * rows + lanes - 1) / lanes;                  \
    const typename S::T *a0 = a[0], *a1 = a[1], *a2 = a[2], *a3 = a[3];                                                 \
    V v[vectors * lanes] = {};                                                                                          \
    for (int64_t l = -lead; l < k; l += lanes, panel += rows * lanes) {                                                 \
      if (l >= 0 && l + lanes <= k) {                                                                                   \
        name##Add<S, rows>({S::Load(a0 + l), S::Load(a1 + l), S::Load(a2 + l), S::Load(a3 + l)}, panel, v);             \
      } else {                                                                                                          \
        const int64_t from = std::max<int64_t>(-l, 0), to = std::min<int64_t>(k - l, lanes);                            \
        name##Add<S, rows>({S::Some(a0 + l, from, to), S::Some(a1 + l, from, to), S::Some(a2 + l, from, to),            \
                            S::Some(a3 + l, from, to)}, panel, v);                                                      \
      }                                                                                                                 \
    }                                                                                                                   \
    name##Sum<S, 0, vectors * lanes>(v);                                                                                \
    typename S::T sums[(vectors + 1) * lanes];                                                                          \
    _Pragma("GCC unroll 16") for (int i = 0; i < vectors; i++) S::Store(sums + i * lanes, v[i]);                        \
    _Pragma("GCC unroll 16") for (int i = 0; i < 4; i++, c += stride) {                                                 \
      const V sum = S::Load(sums + i * rows);                                                                           \
      S::StoreFirst(c, add ? S::Add(S::Some(c, 0, rows), sum) : sum, rows);                                             \
    }                                                                                                                   \
  }                                                                                                                     \
  template <typename S>                                                                                                 \
  target void name##Pack(int64_t lead, int64_t k, int64_t rows, const typename S::T* b, int64_t stride,                 \
                         typename S::T* panel) {                                                                        \
    constexpr int lanes = sizeof(typename S::V) / sizeof(typename S::T);                                                \
    for (int64_t j = 0; j < rows; j++, b += stride) {                                                                   \
      typename S::T* to = panel + j * lanes;                                                                            \
      for (int64_t l = -lead; l < k; l += lanes, to += rows * lanes) {                                                  \
        const bool whole = l >= 0 && l + lanes <= k;                                                                    \
        S::Store(to, whole ? S::Load(b + l) : S::Some(b + l, std::max<int64_t>(-l, 0), std::min<int64_t>(k - l, lanes)));\
      }                                                                                                                 \
    }                                                                                                                   \
  }
BLASTRAIN_DOTS(BLASTRAIN_AVX512, Avx512Dots)
BLASTRAIN_DOTS(BLASTRAIN_AVX2, Avx2Dots)
#undef BLASTRAIN_DOTS

template <typename S>
Dots<typename S::T> MakeAvx512Dots() {
  return {6, 64 / sizeof(typename S::T), Avx512DotsPack<S>,
          {Avx512Dots<S, 1>, Avx512Dots<S, 2>, Avx512Dots<S, 3>, Avx512Dots<S, 4>, Avx512Dots<S, 5>, Avx512Dots<S, 6>}};
}
template <typename S>
Dots<typename S::T> MakeAvx2Dots() {
  return {3, 32 / sizeof(typename S::T), Avx2DotsPack<S>, {Avx2Dots<S, 1>, Avx2Dots<S, 2>, Avx2Dots<S, 3>}};
}

template <typename T>
Dots<T> BestDots() {
  constexpr bool single = sizeof(T) == sizeof(float);
  if (UsedInstructions().vectors >= Isa::kAvx512) {
    return MakeAvx512Dots<std::conditional_t<single, Avx512FloatDots, Avx512DoubleDots>>();
  }
  if (UsedInstructions().vectors >= Isa::kAvx2) {
    return MakeAvx2Dots<std::conditional_t<single, Avx2FloatDots, Avx2DoubleDots>>();
  }
  return {};
}

#else

template <typename T>
Dots<T> BestDots() {
  return {};
}

#endif

}  // namespace blastrain
