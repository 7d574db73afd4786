// Vectors of float and double under the same names: 128 bits for every CPU, in NEON, SSE2, WebAssembly or what else compilers have; AVX-512; AVX2 with FMA.
// LoadPart reads elements from `from` to `to` of a vector and zeros for the others.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace blastrain {

template <typename Number>
struct Vector128 {
  using T = Number;
  typedef T V __attribute__((vector_size(16)));
  static constexpr int64_t kLanes = 16 / sizeof(T);
  static V Load(const T* x) {
    V v;
    std::memcpy(&v, x, sizeof v);
    return v;
  }
  static void Store(T* x, V v) { std::memcpy(x, &v, sizeof v); }
  static V Broadcast(T x) {  // x added to zeros would be an addition.
    if constexpr (kLanes == 4) return V{x, x, x, x};
    else return V{x, x};
  }
  static V Mul(V a, V b) { return a * b; }
  static V Fma(V a, V b, V c) {
#if defined(__aarch64__)
    if constexpr (sizeof(T) == sizeof(float)) return V(vfmaq_f32(float32x4_t(c), float32x4_t(a), float32x4_t(b)));
    else return V(vfmaq_f64(float64x2_t(c), float64x2_t(a), float64x2_t(b)));
#elif defined(__wasm_relaxed_simd__)
    if constexpr (sizeof(T) == sizeof(float)) return V(__builtin_wasm_relaxed_madd_f32x4(a, b, c));
    else return V(__builtin_wasm_relaxed_madd_f64x2(a, b, c));
#else
    return a * b + c;
#endif
  }
  static V LoadPart(const T* x, int64_t from, int64_t to) {
    T part[kLanes] = {};
    for (int64_t i = from; i < to; i++) part[i] = x[i];
    return Load(part);
  }
  static void StoreFirst(T* x, V v, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = v[i];
  }
};

}  // namespace blastrain

#if defined(__x86_64__) && defined(__GNUC__)
#define BLASTRAIN_SIMD 1
#include <immintrin.h>

#define BLASTRAIN_AVX512 __attribute__((target("avx512f")))
#define BLASTRAIN_AVX2 __attribute__((target("avx2,fma")))

namespace blastrain {

struct Avx512Float {
  using T = float;
  using V = __m512;
  BLASTRAIN_AVX512 static V Load(const T* x) { return _mm512_loadu_ps(x); }
  BLASTRAIN_AVX512 static void Store(T* x, V v) { _mm512_storeu_ps(x, v); }
  BLASTRAIN_AVX512 static V Broadcast(T x) { return _mm512_set1_ps(x); }
  BLASTRAIN_AVX512 static V Mul(V a, V b) { return _mm512_mul_ps(a, b); }
  BLASTRAIN_AVX512 static V Fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
  BLASTRAIN_AVX512 static __mmask16 Mask(int64_t from, int64_t to) { return __mmask16((1u << to) - (1u << from)); }
  BLASTRAIN_AVX512 static V LoadPart(const T* x, int64_t from, int64_t to) { return _mm512_maskz_loadu_ps(Mask(from, to), x); }
  BLASTRAIN_AVX512 static void StoreFirst(T* x, V v, int64_t n) { _mm512_mask_storeu_ps(x, Mask(0, n), v); }
  BLASTRAIN_AVX512 static V Add(V a, V b) { return _mm512_add_ps(a, b); }
};
struct Avx512Double {
  using T = double;
  using V = __m512d;
  BLASTRAIN_AVX512 static V Load(const T* x) { return _mm512_loadu_pd(x); }
  BLASTRAIN_AVX512 static void Store(T* x, V v) { _mm512_storeu_pd(x, v); }
  BLASTRAIN_AVX512 static V Broadcast(T x) { return _mm512_set1_pd(x); }
  BLASTRAIN_AVX512 static V Mul(V a, V b) { return _mm512_mul_pd(a, b); }
  BLASTRAIN_AVX512 static V Fma(V a, V b, V c) { return _mm512_fmadd_pd(a, b, c); }
  BLASTRAIN_AVX512 static __mmask8 Mask(int64_t from, int64_t to) { return __mmask8((1u << to) - (1u << from)); }
  BLASTRAIN_AVX512 static V LoadPart(const T* x, int64_t from, int64_t to) { return _mm512_maskz_loadu_pd(Mask(from, to), x); }
  BLASTRAIN_AVX512 static void StoreFirst(T* x, V v, int64_t n) { _mm512_mask_storeu_pd(x, Mask(0, n), v); }
  BLASTRAIN_AVX512 static V Add(V a, V b) { return _mm512_add_pd(a, b); }
};
struct Avx2Float {
  using T = float;
  using V = __m256;
  BLASTRAIN_AVX2 static V Load(const T* x) { return _mm256_loadu_ps(x); }
  BLASTRAIN_AVX2 static void Store(T* x, V v) { _mm256_storeu_ps(x, v); }
  BLASTRAIN_AVX2 static V Broadcast(T x) { return _mm256_set1_ps(x); }
  BLASTRAIN_AVX2 static V Mul(V a, V b) { return _mm256_mul_ps(a, b); }
  BLASTRAIN_AVX2 static V Fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  BLASTRAIN_AVX2 static __m256i Mask(int64_t from, int64_t to) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_andnot_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(int(from)), lane),
                               _mm256_cmpgt_epi32(_mm256_set1_epi32(int(to)), lane));
  }
  BLASTRAIN_AVX2 static V LoadPart(const T* x, int64_t from, int64_t to) { return _mm256_maskload_ps(x, Mask(from, to)); }
  BLASTRAIN_AVX2 static void StoreFirst(T* x, V v, int64_t n) { _mm256_maskstore_ps(x, Mask(0, n), v); }
  BLASTRAIN_AVX2 static V Add(V a, V b) { return _mm256_add_ps(a, b); }
};
struct Avx2Double {
  using T = double;
  using V = __m256d;
  BLASTRAIN_AVX2 static V Load(const T* x) { return _mm256_loadu_pd(x); }
  BLASTRAIN_AVX2 static void Store(T* x, V v) { _mm256_storeu_pd(x, v); }
  BLASTRAIN_AVX2 static V Broadcast(T x) { return _mm256_set1_pd(x); }
  BLASTRAIN_AVX2 static V Mul(V a, V b) { return _mm256_mul_pd(a, b); }
  BLASTRAIN_AVX2 static V Fma(V a, V b, V c) { return _mm256_fmadd_pd(a, b, c); }
  BLASTRAIN_AVX2 static __m256i Mask(int64_t from, int64_t to) {
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    return _mm256_andnot_si256(_mm256_cmpgt_epi64(_mm256_set1_epi64x(from), lane),
                               _mm256_cmpgt_epi64(_mm256_set1_epi64x(to), lane));
  }
  BLASTRAIN_AVX2 static V LoadPart(const T* x, int64_t from, int64_t to) { return _mm256_maskload_pd(x, Mask(from, to)); }
  BLASTRAIN_AVX2 static void StoreFirst(T* x, V v, int64_t n) { _mm256_maskstore_pd(x, Mask(0, n), v); }
  BLASTRAIN_AVX2 static V Add(V a, V b) { return _mm256_add_pd(a, b); }
};

}  // namespace blastrain

#endif
