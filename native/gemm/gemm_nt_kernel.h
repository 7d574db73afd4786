// The micro-kernel of A B^T, whose rows both lie along k: sums of products of vectors, in registers; float32 and float64,
// AVX-512. AVX2 has too few registers for it: with it gemm_outer.h and OpenBLAS take half of the time.
#pragma once

#include <cstdint>

namespace blastrain {

// What this CPU offers. A micro-tile is the product of MR rows of A, unpacked, and a packed panel of up to NR rows of B, one
// vector of each row in turn. Where A's rows begin `lead` elements past a vector's alignment, the panel does too, behind
// zeros: a vector that crosses cache lines takes twice as long to load (256 x 512 x 1024: 0.66 ms instead of 0.58).
template <typename T>
struct GemmNtKernel {
  static constexpr int64_t kMR = 4;
  static constexpr int kMaxNR = 6;
  // panel <- nr rows of b, `stride` apart, from 0 to k.
  using PackB = void (*)(int64_t lead, int64_t k, int64_t nr, const T* b, int64_t stride, T* panel);
  // c[MR,nr], rows `stride` apart, <- the product, or += if `add`.
  using Function = void (*)(int64_t lead, int64_t k, const T* const* a, const T* panel, bool add, T* c, int64_t stride);

  int nr;  // The largest; 0 where there is no micro-kernel.
  int lanes;
  PackB pack_b;
  Function functions[kMaxNR];  // For 1, 2, ... nr rows of B.
};

// For float and double.
template <typename T>
GemmNtKernel<T> BestGemmNtKernel();

}  // namespace blastrain
