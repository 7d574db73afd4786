// What blas.h asks of a BLAS library. It has two definitions, of which the linker is given one: by the library that the addon is linked with
// (linked_library.cc), and by the addon's own products (own_library.cc), so that everything else is compiled once for both.
#pragma once

#include <string>

#include "gemm/shape.h"

namespace blastrain::blas::library {

// Whether the addon stands in for it.
bool Own();
// Of OpenBLAS, else empty.
std::string Config();
std::string Core();
int MaxThreads();
// The number of threads that the environment gives it, until SetThreads.
int Threads();
void SetThreads(int threads);
// Sees that OpenBLAS computes with what the CPU has. To be called once in the process, before any product is computed.
void ChooseCore();

void Gemm(const GemmShape& s, float alpha, const float* a, const float* b, float beta, float* c);
void Gemm(const GemmShape& s, double alpha, const double* a, const double* b, double beta, double* c);
double Dot(int n, const float* x, const float* y);
double Dot(int n, const double* x, const double* y);
void Axpy(int n, float alpha, const float* x, float* y);
void Axpy(int n, double alpha, const double* x, double* y);
void Scal(int n, float alpha, float* x);
void Scal(int n, double alpha, double* x);
double Nrm2(int n, const float* x);
double Nrm2(int n, const double* x);

}  // namespace blastrain::blas::library
