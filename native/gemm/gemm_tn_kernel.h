// The micro-kernel of dy^T x (fused_update.h): one micro-tile of MR x NR sums in registers; float32 and float64, AVX-512, AVX2 with FMA and
// WebAssembly.
#pragma once

#include <cstdint>

#include "gemm/prefetch.h"

namespace blastrain {

// The most columns of dW that are computed and updated at a time.
inline constexpr int64_t kFusedNC = 384;

// One micro-tile: g[mr,nr], rows `stride` apart, <- dy^T x of m examples.
template <typename T>
struct TnTile {
  int64_t m;
  const T* dy;  // A packed panel: mr columns of dy, example by example.
  const T* x;   // nr columns of x, rows x_step apart.
  int64_t x_step;
  T* copy;  // Where those columns are packed, by a micro-kernel that copies.
  T* g;
  int64_t stride;
  // What is fetched meanwhile: mr times a row of what is written afterwards, and so many lines of what other micro-tiles read.
  RowsPrefetcher* written;
  Prefetcher* read;
  int64_t lines;
};

// What this CPU offers.
template <typename T>
struct GemmTnKernel {
  using Function = void (*)(const TnTile<T>& tile);

  int max_mr;  // Even; 0 where there is no micro-kernel.
  int nr;
  // For mr = 2, 4, ... max_mr; the second ones copy x.
  Function functions[6], copying[6];
};

// For float and double.
template <typename T>
GemmTnKernel<T> BestGemmTnKernel();

}  // namespace blastrain
