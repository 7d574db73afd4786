// BLAS for both dtypes; the only file that includes cblas.h. Shapes and meaning as in lib/kernels/contract.ts.
//
// With factors of 0 libraries differ, and OpenBLAS differs between CPUs: with alpha = 0 its products for AVX-512 read A and
// B, so that a NaN there reaches C, those for AVX2 do not. All such cases are handled here, so that every library gives the
// same.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

extern "C" {  // The header of ATLAS does not declare it itself.
#include <cblas.h>
}

// Functions that only OpenBLAS has. Weak: with another CBLAS the addresses are null, and the functions below return
// defaults.
extern "C" {
__attribute__((weak)) char* openblas_get_config(void);
__attribute__((weak)) char* openblas_get_corename(void);
__attribute__((weak)) int openblas_get_num_procs(void);
__attribute__((weak)) int openblas_get_num_threads(void);
__attribute__((weak)) void openblas_set_num_threads(int);
// Forgets, and chooses again, the CPU whose kernels are called.
__attribute__((weak)) void gotoblas_dynamic_quit(void);
__attribute__((weak)) void gotoblas_dynamic_init(void);
}

namespace blastrain::blas {

inline std::string Config() { return openblas_get_config != nullptr ? openblas_get_config() : ""; }
inline std::string Core() { return openblas_get_corename != nullptr ? openblas_get_corename() : ""; }
inline int MaxThreads() { return openblas_get_num_procs != nullptr ? openblas_get_num_procs() : 1; }
// The number of OPENBLAS_NUM_THREADS, until SetThreads.
inline int Threads() { return openblas_get_num_threads != nullptr ? openblas_get_num_threads() : 1; }
inline void SetThreads(int threads) {
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(threads);
}

// OpenBLAS knows CPUs by their model numbers. On one that is newer than it is (Emerald Rapids with 0.3.21) it falls back to kernels of 2004,
// which know neither AVX nor FMA: it is told to take those for the CPU's instructions. A variable that names a core is obeyed; one that is empty
// names none, where OpenBLAS takes the last that it has. To be called once in the process, before any product is computed.
inline void ChooseCore() {
#if defined(__x86_64__) && !defined(_WIN32)
  constexpr char kVariable[] = "OPENBLAS_CORETYPE";
  const char* const given = std::getenv(kVariable);
  if (gotoblas_dynamic_quit == nullptr || gotoblas_dynamic_init == nullptr || (given != nullptr && *given != 0)) return;
  const auto choose = [] {
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
  };
  if (given != nullptr) {
    unsetenv(kVariable);
    choose();
  }
  if (Core() != "Prescott" || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512vl");
  setenv(kVariable, wide ? "SkylakeX" : "Haswell", 1);
  choose();
  unsetenv(kVariable);
#endif
}

// Leading dimensions follow from the shapes; CBLAS requires at least 1 even if a matrix is empty.
struct GemmShape {
  CBLAS_TRANSPOSE trans_a, trans_b;
  int m, n, k, lda, ldb, ldc;

  GemmShape(bool ta, bool tb, int m, int n, int k)
      : trans_a(ta ? CblasTrans : CblasNoTrans),
        trans_b(tb ? CblasTrans : CblasNoTrans),
        m(m), n(n), k(k),
        lda(std::max(1, ta ? m : k)),
        ldb(std::max(1, tb ? k : n)),
        ldc(std::max(1, n)) {}
};

// C[m,n] <- beta C, rows `stride` apart; beta = 0 does not read C, beta = 1 leaves it as it is.
template <typename T>
void ScaleMatrix(int64_t m, int64_t n, T beta, T* c, int64_t stride) {
  if (beta == 1) return;
  if (stride == n) {  // One row.
    n *= m;
    m = 1;
  }
  for (int64_t i = 0; i < m; i++, c += stride) {
    if (beta == 0) {
      std::fill_n(c, n, T(0));
    } else {
      for (int64_t j = 0; j < n; j++) c[j] *= beta;
    }
  }
}

inline void LibraryGemm(const GemmShape& s, float alpha, const float* a, const float* b, float beta, float* c) {
  cblas_sgemm(CblasRowMajor, s.trans_a, s.trans_b, s.m, s.n, s.k, alpha, a, s.lda, b, s.ldb, beta, c, s.ldc);
}
inline void LibraryGemm(const GemmShape& s, double alpha, const double* a, const double* b, double beta, double* c) {
  cblas_dgemm(CblasRowMajor, s.trans_a, s.trans_b, s.m, s.n, s.k, alpha, a, s.lda, b, s.ldb, beta, c, s.ldc);
}

// sum of x[i] y[i].
inline double Dot(int n, const float* x, const float* y) { return n == 0 ? 0 : cblas_sdot(n, x, 1, y, 1); }
inline double Dot(int n, const double* x, const double* y) { return n == 0 ? 0 : cblas_ddot(n, x, 1, y, 1); }

// With so few rows, as a single one that is predicted, A B^T is bound by the reading of B: libraries first copy it to where their
// micro-kernels want it.
inline constexpr int kMaxDotRows = 3;
inline constexpr int kMinDotDepth = 32;

// C[m,n] <- alpha A[m,k] B[n,k]^T + C, B's rows being read once.
template <typename T>
void AddDots(const GemmShape& s, T alpha, const T* a, const T* b, T* c) {
  for (int64_t j = 0; j < s.n; j++) {
    for (int64_t i = 0; i < s.m; i++) c[i * s.ldc + j] += alpha * T(Dot(s.k, a + i * s.lda, b + j * s.ldb));
  }
}

// C[m,n] <- alpha op(A)[m,k] op(B)[k,n] + beta C. beta = 0 does not read C; alpha = 0 or k = 0 does not read A and B.
// Clearing C here costs nothing: OpenBLAS begins with a pass that multiplies C by beta, and omits it if beta is 1.
template <typename T>
void Gemm(const GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  if (s.m == 0 || s.n == 0) return;
  const bool product = alpha != 0 && s.k != 0;
  const bool dots = product && s.m <= kMaxDotRows && s.k >= kMinDotDepth && s.trans_a == CblasNoTrans && s.trans_b == CblasTrans;
  if (beta == 0 || !product || dots) ScaleMatrix<T>(s.m, s.n, beta, c, s.ldc);
  if (dots) AddDots(s, alpha, a, b, c);
  else if (product) LibraryGemm(s, alpha, a, b, beta == 0 ? T(1) : beta, c);
}

// Axpy: y[n] <- alpha x + y; Scal: x[n] <- alpha x. With alpha = 0 most libraries skip the multiplication, so that 0 NaN
// would be 0 and hide that a run has diverged. The pointer of an empty array may be null and is not passed to a library.
template <typename T>
void AddZeroTimes(int n, const T* x, T* y) {
  for (int i = 0; i < n; i++) y[i] += 0 * x[i];
}
inline void Axpy(int n, float alpha, const float* x, float* y) {
  alpha == 0 || n == 0 ? AddZeroTimes(n, x, y) : cblas_saxpy(n, alpha, x, 1, y, 1);
}
inline void Axpy(int n, double alpha, const double* x, double* y) {
  alpha == 0 || n == 0 ? AddZeroTimes(n, x, y) : cblas_daxpy(n, alpha, x, 1, y, 1);
}
template <typename T>
void ZeroTimes(int n, T* x) {
  for (int i = 0; i < n; i++) x[i] *= 0;
}
inline void Scal(int n, float alpha, float* x) {
  alpha == 0 || n == 0 ? ZeroTimes(n, x) : cblas_sscal(n, alpha, x, 1);
}
inline void Scal(int n, double alpha, double* x) {
  alpha == 0 || n == 0 ? ZeroTimes(n, x) : cblas_dscal(n, alpha, x, 1);
}

// The norm where a library's is not finite: NaN if an element is, else infinite. Libraries that divide by the largest
// element return NaN for an infinite one too.
template <typename T>
double NonFiniteNorm(int n, const T* x) {
  const bool nan = std::any_of(x, x + n, [](T value) { return std::isnan(value); });
  return nan ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
}
// square root of the sum of x[i]^2.
inline double Nrm2(int n, const float* x) {
  const double norm = n == 0 ? 0 : cblas_snrm2(n, x, 1);
  return std::isfinite(norm) ? norm : NonFiniteNorm(n, x);
}
inline double Nrm2(int n, const double* x) {
  const double norm = n == 0 ? 0 : cblas_dnrm2(n, x, 1);
  return std::isfinite(norm) ? norm : NonFiniteNorm(n, x);
}

}  // namespace blastrain::blas
