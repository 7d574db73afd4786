// What stands in for a BLAS library where the addon is linked with none: products by gemm_outer.h, and loops that compilers turn into vectors
// though they may not reorder sums.

#include "blas/library.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#if !defined(__wasm__)
#include <thread>
#endif

#include "gemm/gemm_outer.h"
#include "kernels/loops.h"

namespace blastrain::blas::library {

bool Own() { return true; }
std::string Config() { return ""; }
std::string Core() { return ""; }
#if defined(__wasm__)
int MaxThreads() { return 1; }
#else
int MaxThreads() { return int(std::max(1u, std::thread::hardware_concurrency())); }
#endif
int Threads() { return MaxThreads(); }
void SetThreads(int) {}
void ChooseCore() {}

template <typename T>
static void MultiplyOuter(const GemmShape& s, T alpha, const T* a, const T* b, T beta, T* c) {
  static const GemmOuterKernel<T> kernel = BestGemmOuterKernel<T>();
  GemmOuter(kernel, s, alpha, a, b, beta, c);
}

void Gemm(const GemmShape& s, float alpha, const float* a, const float* b, float beta, float* c) { MultiplyOuter(s, alpha, a, b, beta, c); }
void Gemm(const GemmShape& s, double alpha, const double* a, const double* b, double beta, double* c) { MultiplyOuter(s, alpha, a, b, beta, c); }

// Sums that run side by side: enough for four of the widest vectors.
constexpr int kSums = 64;

// sum of x[i] y[i], added up in S.
template <typename S, typename T>
BLASTRAIN_KERNEL double SumOfProducts(int64_t n, const T* x, const T* y) {
  S sums[kSums] = {};
  int64_t i = 0;
  for (; i + kSums <= n; i += kSums) {
    for (int j = 0; j < kSums; j++) sums[j] += S(x[i + j]) * S(y[i + j]);
  }
  for (int j = 0; i < n; i++, j++) sums[j] += S(x[i]) * S(y[i]);
  for (int half = kSums / 2; half > 0; half /= 2) {
    for (int j = 0; j < half; j++) sums[j] += sums[half + j];
  }
  return sums[0];
}

double Dot(int n, const float* x, const float* y) { return SumOfProducts<float>(n, x, y); }
double Dot(int n, const double* x, const double* y) { return SumOfProducts<double>(n, x, y); }

template <typename T>
BLASTRAIN_KERNEL void AddMultiple(int n, T alpha, const T* x, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int i = 0; i < n; i++) y[i] += alpha * x[i];
}

void Axpy(int n, float alpha, const float* x, float* y) { AddMultiple(n, alpha, x, y); }
void Axpy(int n, double alpha, const double* x, double* y) { AddMultiple(n, alpha, x, y); }

template <typename T>
BLASTRAIN_KERNEL void Multiply(int n, T alpha, T* x) {
  for (int i = 0; i < n; i++) x[i] *= alpha;
}
void Scal(int n, float alpha, float* x) { Multiply(n, alpha, x); }
void Scal(int n, double alpha, double* x) { Multiply(n, alpha, x); }

// The norm where squares leave the range of double or lose digits at its lower end.
static double ScaledNorm(int n, const double* x) {
  double largest = 0;
  for (int i = 0; i < n; i++) largest = std::max(largest, std::abs(x[i]));
  if (largest == 0 || !std::isfinite(largest)) return largest;
  double sum = 0;
  for (int i = 0; i < n; i++) sum += x[i] / largest * (x[i] / largest);
  return largest * std::sqrt(sum);
}

// Squares of float32 always fit into double.
double Nrm2(int n, const float* x) { return std::sqrt(SumOfProducts<double>(n, x, x)); }
double Nrm2(int n, const double* x) {
  const double sum = SumOfProducts<double>(n, x, x);
  return sum > 1e-280 && sum < 1e300 ? std::sqrt(sum) : std::isnan(sum) ? sum : ScaledNorm(n, x);
}

}  // namespace blastrain::blas::library
