#include "gemm/gemm_outer_kernel.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "blas/library.h"
#include "gemm/simd.h"
#include "isa.h"

namespace blastrain {

// panel[k,width] <- the rows [0, n) of b[n,k], rows ldb apart, as columns, and 0 for those beyond: four rows at a time, so that what is
// written lies together.
template <typename T>
void PackTransposed(int64_t n, int64_t k, const T* b, int64_t ldb, int64_t width, T* panel) {
  if (n < width) std::fill_n(panel, k * width, T(0));
  int64_t j = 0;
  for (; j + 4 <= n; j += 4, b += 4 * ldb) {
    T* to = panel + j;
    for (int64_t l = 0; l < k; l++, to += width) {
      for (int64_t r = 0; r < 4; r++) to[r] = b[r * ldb + l];
    }
  }
  for (; j < n; j++, b += ldb) {
    for (int64_t l = 0; l < k; l++) panel[l * width + j] = b[l];
  }
}

// Defines a struct of micro-kernels.
#define BLASTRAIN_GEMM_OUTER(target, name)                                                                                   \
  struct name {                                                                                                              \
    template <typename S, int rows, int vectors, bool copies>                                                                \
    target static void Multiply(const OuterTile<typename S::T>& tile) {                                                      \
      using T = typename S::T;                                                                                               \
      using V = typename S::V;                                                                                               \
      constexpr int lanes = sizeof(V) / sizeof(T);                                                                           \
      if (kPrefetches && tile.beta != 0) {                                                                                   \
        for (int r = 0; r < rows; r++) {                                                                                     \
          for (int v = 0; v < vectors; v++) PrefetchToWrite(tile.c + r * tile.ldc + v * lanes);                              \
        }                                                                                                                    \
      }                                                                                                                      \
      V sums[rows][vectors] = {};                                                                                            \
      const T *a = tile.a, *row = tile.b;                                                                                    \
      T* copy = tile.copy;                                                                                                   \
      const int64_t row_step = tile.row_step, depth_step = tile.depth_step, b_step = tile.b_step;                            \
      for (int64_t left = tile.k; left > 0;) {                                                                               \
        int64_t end = 0;                                                                                                     \
        if constexpr (kPrefetches) {                                                                                         \
          tile.block->Fetch(tile.block_lines);                                                                               \
          if (left >= 2 * kOuterFetchDepth) end = left - kOuterFetchDepth;                                                   \
        }                                                                                                                    \
        for (; left > end; left--, a += depth_step, row += b_step) {                                                         \
          V b[vectors];                                                                                                      \
          _Pragma("GCC unroll 16") for (int v = 0; v < vectors; v++) b[v] = S::Load(row + v * lanes);                        \
          _Pragma("GCC unroll 16") for (int r = 0; r < rows; r++) {                                                          \
            const V factor = S::Broadcast(a[r * row_step]);                                                                  \
            _Pragma("GCC unroll 16") for (int v = 0; v < vectors; v++) sums[r][v] = S::Fma(factor, b[v], sums[r][v]);        \
          }                                                                                                                  \
          if constexpr (copies) {                                                                                            \
            _Pragma("GCC unroll 16") for (int v = 0; v < vectors; v++) S::Store(copy + v * lanes, b[v]);                     \
            copy += vectors * lanes;                                                                                         \
          }                                                                                                                  \
        }                                                                                                                    \
      }                                                                                                                      \
      const T beta = tile.beta;                                                                                              \
      const V factor = S::Broadcast(tile.alpha), kept = S::Broadcast(beta);                                                  \
      T* c = tile.c;                                                                                                         \
      _Pragma("GCC unroll 16") for (int r = 0; r < rows; r++, c += tile.ldc) {                                               \
        _Pragma("GCC unroll 16") for (int v = 0; v < vectors; v++) {                                                         \
          const int64_t count = std::min<int64_t>(tile.columns - v * lanes, lanes);                                          \
          const V sum = S::Mul(factor, sums[r][v]);                                                                          \
          if (count == lanes) {                                                                                              \
            S::Store(c + v * lanes, beta == 0 ? sum : S::Fma(kept, S::Load(c + v * lanes), sum));                            \
          } else {                                                                                                           \
            S::StoreFirst(c + v * lanes, beta == 0 ? sum : S::Fma(kept, S::LoadPart(c + v * lanes, 0, count), sum), count);  \
          }                                                                                                                  \
        }                                                                                                                    \
      }                                                                                                                      \
    }                                                                                                                        \
  };

// The table of such a struct's micro-kernels, for panels of up to `most` vectors.
template <typename Multiplier, typename S, int most>
class GemmOuterTable {
  using T = typename S::T;
  using Kernel = GemmOuterKernel<T>;

  template <int kind, int vectors, bool copies>
  static constexpr typename Kernel::Function Function() {
    constexpr bool fits = vectors <= (kind == 0 ? most / 2 : most), offers = !copies || (kPrefetches && vectors > 1);
    if constexpr (fits && offers) return Multiplier::template Multiply<S, Kernel::kRows[kind], vectors, copies>;
    else return nullptr;
  }
  template <int kind, int... i>
  static void Fill(Kernel& kernel, std::integer_sequence<int, i...>) {
    ((kernel.functions[kind][i] = Function<kind, i + 1, false>()), ...);
    if constexpr (kind == 1) ((kernel.copying[i] = Function<kind, i + 1, true>()), ...);
  }
  template <int... kind>
  static Kernel Make(Kernel kernel, std::integer_sequence<int, kind...>) {
    (Fill<kind>(kernel, std::make_integer_sequence<int, Kernel::kMaxVectors>()), ...);
    return kernel;
  }

 public:
  static Kernel Make(decltype(Kernel::pack_transposed) pack, decltype(Kernel::pack_bytes) pack_bytes = nullptr) {
    return Make({most, sizeof(typename S::V) / sizeof(T), pack, pack_bytes, {}, {}}, std::make_integer_sequence<int, int(std::size(Kernel::kRows))>());
  }
};

#if defined(BLASTRAIN_SIMD)

// Up to 16 elements of a row, 0 where the mask has no bit: floats, ...
BLASTRAIN_AVX512 static __m512 Avx512Row(const float* b, int64_t ldb, int64_t row, int64_t column, __mmask16 mask) {
  return _mm512_maskz_loadu_ps(mask, b + row * ldb + column);
}
// ... or bytes, dequantised and rounded as kernels/gather.h does it.
BLASTRAIN_AVX512 static __m512 Avx512Row(const ByteInputs<float>& b, int64_t ldb, int64_t row, int64_t column, __mmask16 mask) {
  constexpr __mmask16 all = 0xFFFF;
  const uint8_t* at = b.x + row * ldb + column;
  uint8_t part[16];
  if (mask != all) {
    for (int i = 0; i < 16; i++) part[i] = (mask >> i & 1) != 0 ? at[i] : 0;
    at = part;
  }
  const __m512 floats = _mm512_maskz_cvtepi32_ps(all, _mm512_maskz_cvtepu8_epi32(all, _mm_loadu_si128(reinterpret_cast<const __m128i*>(at))));
  const __m512 scaled = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, b.scale + column), floats);
  return _mm512_add_ps(scaled, _mm512_maskz_loadu_ps(mask, b.shift + column));
}

// PackTransposed of float32 in blocks of 16 x 16, in registers: its elements one by one take as long as the product with 18 rows.
template <typename Rows>
BLASTRAIN_AVX512 static void Avx512PackTransposed(int64_t n, int64_t k, Rows b, int64_t ldb, int64_t width, float* panel) {
  constexpr int lanes = 16;
  constexpr __mmask16 all = 0xFFFF;
  for (int64_t j = 0; j < width; j += lanes, panel += lanes) {
    const int64_t rows = std::clamp<int64_t>(n - j, 0, lanes);
    for (int64_t l = 0; l < k; l += lanes) {
      const int64_t columns = std::min<int64_t>(k - l, lanes);
      const __mmask16 mask = Avx512Float::Mask(0, columns);
      __m512 v[lanes], w[lanes];
      _Pragma("GCC unroll 16") for (int r = 0; r < lanes; r++) v[r] = r < rows ? Avx512Row(b, ldb, j + r, l, mask) : _mm512_setzero_ps();
      _Pragma("GCC unroll 16") for (int r = 0; r < lanes; r += 2) {
        w[r] = _mm512_maskz_unpacklo_ps(all, v[r], v[r + 1]);
        w[r + 1] = _mm512_maskz_unpackhi_ps(all, v[r], v[r + 1]);
      }
      // v[4 g + c]: of each 128 bits p, column 4 p + c of the rows from 4 g to 4 g + 3.
      _Pragma("GCC unroll 16") for (int g = 0; g < lanes; g += 4) {
        v[g] = _mm512_maskz_shuffle_ps(all, w[g], w[g + 2], 0x44);
        v[g + 1] = _mm512_maskz_shuffle_ps(all, w[g], w[g + 2], 0xEE);
        v[g + 2] = _mm512_maskz_shuffle_ps(all, w[g + 1], w[g + 3], 0x44);
        v[g + 3] = _mm512_maskz_shuffle_ps(all, w[g + 1], w[g + 3], 0xEE);
      }
      _Pragma("GCC unroll 16") for (int c = 0; c < 4; c++) {
        const __m512 even_low = _mm512_maskz_shuffle_f32x4(all, v[c], v[4 + c], 0x88), odd_low = _mm512_maskz_shuffle_f32x4(all, v[c], v[4 + c], 0xDD);
        const __m512 even_high = _mm512_maskz_shuffle_f32x4(all, v[8 + c], v[12 + c], 0x88);
        const __m512 odd_high = _mm512_maskz_shuffle_f32x4(all, v[8 + c], v[12 + c], 0xDD);
        w[c] = _mm512_maskz_shuffle_f32x4(all, even_low, even_high, 0x88);
        w[4 + c] = _mm512_maskz_shuffle_f32x4(all, odd_low, odd_high, 0x88);
        w[8 + c] = _mm512_maskz_shuffle_f32x4(all, even_low, even_high, 0xDD);
        w[12 + c] = _mm512_maskz_shuffle_f32x4(all, odd_low, odd_high, 0xDD);
      }
      _Pragma("GCC unroll 16") for (int c = 0; c < lanes; c++) {
        if (c < columns) _mm512_storeu_ps(panel + (l + c) * width, w[c]);
      }
    }
  }
}

BLASTRAIN_GEMM_OUTER(BLASTRAIN_AVX512, Avx512GemmOuter)
BLASTRAIN_GEMM_OUTER(BLASTRAIN_AVX2, Avx2GemmOuter)

#endif

BLASTRAIN_GEMM_OUTER(, GemmOuter128)
#if defined(__aarch64__)
constexpr int kMaxVectors128 = 4;  // It has 32 registers, where others have 16.
#else
constexpr int kMaxVectors128 = 2;
#endif
#undef BLASTRAIN_GEMM_OUTER

template <typename T>
GemmOuterKernel<T> BestGemmOuterKernel() {
#if defined(BLASTRAIN_SIMD)
  constexpr bool single = sizeof(T) == sizeof(float);
  if (UsedInstructions().vectors >= Isa::kAvx512) {
    if constexpr (single) return GemmOuterTable<Avx512GemmOuter, Avx512Float, 4>::Make(Avx512PackTransposed<const float*>, Avx512PackTransposed<ByteInputs<float>>);
    else return GemmOuterTable<Avx512GemmOuter, Avx512Double, 4>::Make(PackTransposed<double>);
  }
  if (UsedInstructions().vectors >= Isa::kAvx2) {
    return GemmOuterTable<Avx2GemmOuter, std::conditional_t<single, Avx2Float, Avx2Double>, 2>::Make(PackTransposed<T>);
  }
#endif
  // A BLAS library's are faster.
  if (!blas::library::Own()) return {};
  return GemmOuterTable<GemmOuter128, Vector128<T>, kMaxVectors128>::Make(PackTransposed<T>);
}

template GemmOuterKernel<float> BestGemmOuterKernel();
template GemmOuterKernel<double> BestGemmOuterKernel();

}  // namespace blastrain
