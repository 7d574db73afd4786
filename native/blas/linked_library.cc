// The BLAS library that the addon is linked with; the only file that includes cblas.h.

#include "blas/library.h"

#include <cstdlib>

#include "cpu.h"

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

namespace blastrain::blas::library {

bool Own() { return false; }
std::string Config() { return openblas_get_config != nullptr ? openblas_get_config() : ""; }
std::string Core() { return openblas_get_corename != nullptr ? openblas_get_corename() : ""; }
int MaxThreads() { return openblas_get_num_procs != nullptr ? openblas_get_num_procs() : 1; }
// The number of OPENBLAS_NUM_THREADS, until SetThreads.
int Threads() { return openblas_get_num_threads != nullptr ? openblas_get_num_threads() : 1; }
void SetThreads(int threads) {
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(threads);
}

// OpenBLAS knows CPUs by their model numbers. On one that is newer than it is (Emerald Rapids with 0.3.21) it falls back to kernels of 2004,
// which know neither AVX nor FMA: it is told to take those for the CPU's instructions. A variable that names a core is obeyed; one that is empty
// names none, where OpenBLAS takes the last that it has. To be called once in the process, before any product is computed.
void ChooseCore() {
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
  if (Core() != "Prescott" || !CpuHas("avx2") || !CpuHas("fma")) return;
  const bool wide = CpuHas("avx512f") && CpuHas("avx512dq") && CpuHas("avx512bw") && CpuHas("avx512vl");
  setenv(kVariable, wide ? "SkylakeX" : "Haswell", 1);
  choose();
  unsetenv(kVariable);
#endif
}

static CBLAS_TRANSPOSE Transposed(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

void Gemm(const GemmShape& s, float alpha, const float* a, const float* b, float beta, float* c) {
  cblas_sgemm(CblasRowMajor, Transposed(s.trans_a), Transposed(s.trans_b), s.m, s.n, s.k, alpha, a, s.lda, b, s.ldb, beta, c, s.ldc);
}
void Gemm(const GemmShape& s, double alpha, const double* a, const double* b, double beta, double* c) {
  cblas_dgemm(CblasRowMajor, Transposed(s.trans_a), Transposed(s.trans_b), s.m, s.n, s.k, alpha, a, s.lda, b, s.ldb, beta, c, s.ldc);
}

double Dot(int n, const float* x, const float* y) { return cblas_sdot(n, x, 1, y, 1); }
double Dot(int n, const double* x, const double* y) { return cblas_ddot(n, x, 1, y, 1); }
void Axpy(int n, float alpha, const float* x, float* y) { cblas_saxpy(n, alpha, x, 1, y, 1); }
void Axpy(int n, double alpha, const double* x, double* y) { cblas_daxpy(n, alpha, x, 1, y, 1); }
void Scal(int n, float alpha, float* x) { cblas_sscal(n, alpha, x, 1); }
void Scal(int n, double alpha, double* x) { cblas_dscal(n, alpha, x, 1); }
double Nrm2(int n, const float* x) { return cblas_snrm2(n, x, 1); }
double Nrm2(int n, const double* x) { return cblas_dnrm2(n, x, 1); }

}  // namespace blastrain::blas::library
