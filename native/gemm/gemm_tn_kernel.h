// The micro-kernel of dy^T x (fused_update.h): one micro-tile of MR x NR sums in registers, from packed operands; float32
// and float64, AVX-512 and AVX2 with FMA.
#pragma once

#include <cstdint>

namespace blastrain {

// The most columns of dW that are computed and updated at a time.
inline constexpr int64_t kFusedNC = 384;

// Cache lines to prefetch for writing while a micro-tile is computed, one at each step of its depth: all at once would keep
// the core waiting (1024 x 3072 weights with Adam: 4.7 ms instead of 4.2).
struct PrefetchList {
  static constexpr int kMax = 128;

  template <typename T>
  void Add([[maybe_unused]] const T* x, [[maybe_unused]] int64_t elements) {
#if !defined(__wasm__)  // It has no instruction for that.
    for (int64_t i = 0; i < elements && count < kMax; i += int64_t(64 / sizeof(T))) at[count++] = x + i;
#endif
  }

  int count = 0;
  const void* at[kMax];  // May lie past the end of an array: a prefetch does not fault.
};

// What this CPU offers. A packed panel of dy holds mr columns of it, example by example, and one of x nr columns.
template <typename T>
struct GemmTnKernel {
  // g[mr,nr], rows `stride` apart, <- the product of a panel of dy and one of x, of m examples.
  using Function = void (*)(int64_t m, const T* dy, const T* x, T* g, int64_t stride, const PrefetchList& prefetches);
  // panels <- the whole panels of nr columns in x[m,n], rows `stride` apart: a row of x at a time, as memory is read fastest
  // that way (50 x 3072 weights, 200 examples, one thread: 0.35 ms instead of 0.39 for panel after panel).
  using PackX = void (*)(int64_t m, int64_t n, const T* x, int64_t stride, T* panels);

  int max_mr;  // Even; 0 where there is no micro-kernel.
  int nr;
  PackX pack_x;
  Function functions[6];  // For mr = 2, 4, ... max_mr.
};

// For float and double.
template <typename T>
GemmTnKernel<T> BestGemmTnKernel();

}  // namespace blastrain
