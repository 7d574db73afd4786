// Vectors of float and double for AVX-512 and AVX2 with FMA, under the same names.
#pragma once

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
  BLASTRAIN_AVX512 static V Fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
};
struct Avx512Double {
  using T = double;
  using V = __m512d;
  BLASTRAIN_AVX512 static V Load(const T* x) { return _mm512_loadu_pd(x); }
  BLASTRAIN_AVX512 static void Store(T* x, V v) { _mm512_storeu_pd(x, v); }
  BLASTRAIN_AVX512 static V Broadcast(T x) { return _mm512_set1_pd(x); }
  BLASTRAIN_AVX512 static V Fma(V a, V b, V c) { return _mm512_fmadd_pd(a, b, c); }
};
struct Avx2Float {
  using T = float;
  using V = __m256;
  BLASTRAIN_AVX2 static V Load(const T* x) { return _mm256_loadu_ps(x); }
  BLASTRAIN_AVX2 static void Store(T* x, V v) { _mm256_storeu_ps(x, v); }
  BLASTRAIN_AVX2 static V Broadcast(T x) { return _mm256_set1_ps(x); }
  BLASTRAIN_AVX2 static V Fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
};
struct Avx2Double {
  using T = double;
  using V = __m256d;
  BLASTRAIN_AVX2 static V Load(const T* x) { return _mm256_loadu_pd(x); }
  BLASTRAIN_AVX2 static void Store(T* x, V v) { _mm256_storeu_pd(x, v); }
  BLASTRAIN_AVX2 static V Broadcast(T x) { return _mm256_set1_pd(x); }
  BLASTRAIN_AVX2 static V Fma(V a, V b, V c) { return _mm256_fmadd_pd(a, b, c); }
};

}  // namespace blastrain

#endif
