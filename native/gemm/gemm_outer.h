// C[m,n] <- alpha A[m,k] B[n,k]^T + beta C on one thread for shallow products, as the layers of small nets are: sums of outer products of a
// column of A and a row of B^T. B is packed once, k by vectors of its columns; A's elements are broadcast from where they lie.
// gemm_nt.h is faster where the depth is large, as there each sum has a vector of its own whose lanes are added up at the end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "blas.h"
#include "gemm/scratch.h"
#include "gemm/simd.h"
#include "isa.h"
#include "ranges.h"

namespace blastrain {

// What this CPU offers. A micro-tile is the product of some rows of A and a packed panel of up to kMaxVectors vectors of columns.
template <typename T>
struct GemmOuterKernel {
  static constexpr int kMaxVectors = 4;
  // Rows of a micro-tile, from the most; the first for panels of at most half of max_vectors.
  static constexpr int kRows[] = {12, 6, 4, 2, 1};
  static constexpr int kRowKinds = 5;
  // c[rows,columns], rows ldc apart, <- alpha product + beta c. `factors` are alpha and beta: in memory, as with AVX2 the sums
  // need every register.
  using Function = void (*)(int64_t k, const T* a, int64_t lda, const T* panel, const T* factors, T* c, int64_t ldc, int64_t columns);

  int max_vectors;  // 0 where there is no micro-kernel.
  int lanes;
  Function functions[kRowKinds][kMaxVectors];  // By kRows and by the vectors of a panel, from 1.
};

// panel[k,width] <- columns [0, n) of B^T, and 0 for those beyond.
template <typename T>
void PackOuterPanel(int64_t n, int64_t k, const T* b, int64_t ldb, int64_t width, T* panel) {
  if (n < width) std::fill_n(panel, k * width, T(0));
  // Four rows of B at a time, so that what is written lies together.
  int64_t j = 0;
  for (; j + 4 <= n; j += 4, b += 4 * ldb) {
    T* to = panel + j;
    for (int64_t l = 0; l < k; l++, to += width) {
      to[0] = b[l];
      to[1] = b[ldb + l];
      to[2] = b[2 * ldb + l];
      to[3] = b[3 * ldb + l];
    }
  }
  for (; j < n; j++, b += ldb) {
    for (int64_t l = 0; l < k; l++) panel[l * width + j] = b[l];
  }
}

#if defined(BLASTRAIN_SIMD)

#define BLASTRAIN_GEMM_OUTER(target, name)                                                                                      \
  template <typename S, int rows, int vectors>                                                                                  \
  target void name(int64_t k, const typename S::T* a, int64_t lda, const typename S::T* panel, const typename S::T* factors,    \
                   typename S::T* c, int64_t ldc, int64_t columns) {                                                            \
    using V = typename S::V;                                                                                                    \
    constexpr int lanes = sizeof(V) / sizeof(typename S::T);                                                                    \
    V sums[rows][vectors] = {};                                                                                                 \
    for (int64_t l = 0; l < k; l++, a++, panel += vectors * lanes) {                                                            \
      V b[vectors];                                                                                                             \
      _Pragma("GCC unroll 16") for (int v = 0; v < vectors; v++) b[v] = S::Load(panel + v * lanes);                             \
      _Pragma("GCC unroll 16") for (int r = 0; r < rows; r++) {                                                                 \
        const V factor = S::Broadcast(a[r * lda]);                                                                              \
        _Pragma("GCC unroll 16") for (int v = 0; v < vectors; v++) sums[r][v] = S::Fma(factor, b[v], sums[r][v]);               \
      }                                                                                                                         \
    }                                                                                                                           \
    const typename S::T beta = factors[1];                                                                                      \
    const V factor = S::Broadcast(factors[0]), kept = S::Broadcast(beta);                                                       \
    _Pragma("GCC unroll 16") for (int r = 0; r < rows; r++, c += ldc) {                                                         \
      _Pragma("GCC unroll 16") for (int v = 0; v < vectors; v++) {                                                              \
        const int64_t count = std::min<int64_t>(columns - v * lanes, lanes);                                                    \
        const V sum = S::Mul(factor, sums[r][v]);                                                                               \
        if (count == lanes) {                                                                                                   \
          S::Store(c + v * lanes, beta == 0 ? sum : S::Fma(kept, S::Load(c + v * lanes), sum));                                 \
        } else {                                                                                                                \
          S::StoreFirst(c + v * lanes, beta == 0 ? sum : S::Fma(kept, S::LoadPart(c + v * lanes, 0, count), sum), count);       \
        }                                                                                                                       \
      }                                                                                                                         \
    }                                                                                                                           \
  }
BLASTRAIN_GEMM_OUTER(BLASTRAIN_AVX512, Avx512GemmOuter)
BLASTRAIN_GEMM_OUTER(BLASTRAIN_AVX2, Avx2GemmOuter)
#undef BLASTRAIN_GEMM_OUTER

template <typename S>
GemmOuterKernel<typename S::T> MakeAvx512GemmOuter() {
  return {4, 64 / sizeof(typename S::T),
          {{Avx512GemmOuter<S, 12, 1>, Avx512GemmOuter<S, 12, 2>, nullptr, nullptr},
           {Avx512GemmOuter<S, 6, 1>, Avx512GemmOuter<S, 6, 2>, Avx512GemmOuter<S, 6, 3>, Avx512GemmOuter<S, 6, 4>},
           {Avx512GemmOuter<S, 4, 1>, Avx512GemmOuter<S, 4, 2>, Avx512GemmOuter<S, 4, 3>, Avx512GemmOuter<S, 4, 4>},
           {Avx512GemmOuter<S, 2, 1>, Avx512GemmOuter<S, 2, 2>, Avx512GemmOuter<S, 2, 3>, Avx512GemmOuter<S, 2, 4>},
           {Avx512GemmOuter<S, 1, 1>, Avx512GemmOuter<S, 1, 2>, Avx512GemmOuter<S, 1, 3>, Avx512GemmOuter<S, 1, 4>}}};
}
template <typename S>
GemmOuterKernel<typename S::T> MakeAvx2GemmOuter() {
  return {2, 32 / sizeof(typename S::T),
          {{Avx2GemmOuter<S, 12, 1>, nullptr, nullptr, nullptr},
           {Avx2GemmOuter<S, 6, 1>, Avx2GemmOuter<S, 6, 2>, nullptr, nullptr},
           {Avx2GemmOuter<S, 4, 1>, Avx2GemmOuter<S, 4, 2>, nullptr, nullptr},
           {Avx2GemmOuter<S, 2, 1>, Avx2GemmOuter<S, 2, 2>, nullptr, nullptr},
           {Avx2GemmOuter<S, 1, 1>, Avx2GemmOuter<S, 1, 2>, nullptr, nullptr}}};
}

template <typename T>
GemmOuterKernel<T> BestGemmOuterKernel() {
  constexpr bool single = sizeof(T) == sizeof(float);
  if (UsedInstructions().vectors >= Isa::kAvx512) return MakeAvx512GemmOuter<std::conditional_t<single, Avx512Float, Avx512Double>>();
  if (UsedInstructions().vectors >= Isa::kAvx2) return MakeAvx2GemmOuter<std::conditional_t<single, Avx2Float, Avx2Double>>();
  return {};
}

#else

template <typename T>
GemmOuterKernel<T> BestGemmOuterKernel() {
  return {};
}

#endif

// A packed block of B stays in L2, as deep as this; its panels pass through L1.
inline constexpr int64_t kOuterKC = 512;
inline constexpr int64_t kOuterNC = 192;  // A multiple of every panel's width.

// C <- alpha A B^T + beta C; beta = 0 does not read C. The CPU must have a micro-kernel (kernel.max_vectors > 0).
template <typename T>
void GemmOuter(const GemmOuterKernel<T>& kernel, const blas::GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  const int64_t lanes = kernel.lanes;
  const Ranges blocks = Ranges::OfAtMost(kOuterNC, s.n, kernel.max_vectors * lanes);
  const Ranges depths = Ranges::OfAtMost(kOuterKC, s.k);
  T* packed = Scratch<T>((std::min<int64_t>(s.n, 2 * kOuterNC) + lanes) * std::min<int64_t>(s.k, 2 * kOuterKC));
  for (int64_t block = 0; block < blocks.count; block++) {
    const int64_t from = blocks.Begin(block), n = blocks.Length(block), vectors = (n + lanes - 1) / lanes;
    const Ranges panels = Ranges::OfAtMost(kernel.max_vectors, vectors);
    for (int64_t d = 0; d < depths.count; d++) {
      const int64_t l = depths.Begin(d), k = depths.Length(d);
      const T factors[] = {alpha, d == 0 ? beta : T(1)};
      for (int64_t p = 0; p < panels.count; p++) {
        const int64_t j = panels.Begin(p) * lanes, width = panels.Length(p) * lanes;
        PackOuterPanel<T>(std::min<int64_t>(width, n - j), k, b + (from + j) * s.ldb + l, s.ldb, width, packed + j * k);
      }
      int kind = 2 * vectors <= kernel.max_vectors ? 0 : 1;
      for (int64_t i = 0; i < s.m; i += GemmOuterKernel<T>::kRows[kind]) {
        while (GemmOuterKernel<T>::kRows[kind] > s.m - i) kind++;
        for (int64_t p = 0; p < panels.count; p++) {
          const int64_t j = panels.Begin(p) * lanes;
          kernel.functions[kind][panels.Length(p) - 1](k, a + i * s.lda + l, s.lda, packed + j * k, factors,
                                                       c + i * s.ldc + from + j, s.ldc, n - j);
        }
      }
    }
  }
}

}  // namespace blastrain
