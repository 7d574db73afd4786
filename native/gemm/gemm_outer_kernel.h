// The micro-kernel of gemm_outer.h: sums of outer products of a column of A and a row of B, in registers; float32 and float64, AVX-512,
// AVX2 with FMA and, where it stands in for a BLAS library, vectors of 128 bits.
#pragma once

#include <cstdint>
#include <iterator>

#include "gemm/prefetch.h"
#include "kernels/byte_inputs.h"

namespace blastrain {

// One micro-tile: c[rows,columns], rows ldc apart, <- alpha A B + beta c. A's rows are row_step apart and its columns depth_step; B's rows, as
// wide as a panel, are b_step apart. In memory, as with AVX2 the sums need every register.
template <typename T>
struct OuterTile {
  int64_t k;
  const T* a;
  int64_t row_step, depth_step;
  const T* b;
  int64_t b_step;
  T* copy;  // Where B is packed, by a micro-kernel that copies.
  T alpha, beta;
  T* c;
  int64_t ldc, columns;
  // The next block, fetched meanwhile: so many lines for each kOuterFetchDepth of the depth.
  Prefetcher* block;
  int64_t block_lines;
};

// Lines that are fetched all at once keep the core waiting, and so does turning from the product to them: a depth of 8 between two fetches made products of
// 512 x 512 x 512 take 3 % longer.
inline constexpr int64_t kOuterFetchDepth = 128;

// What this CPU offers. A micro-tile is the product of some rows of A and a panel of up to kMaxVectors vectors of columns.
template <typename T>
struct GemmOuterKernel {
  static constexpr int kMaxVectors = 4;
  // Rows of a micro-tile, from the most; the first for panels of at most half of max_vectors.
#if !defined(__wasm__)
  static constexpr int kRows[] = {12, 6, 4, 2, 1};
#else
  static constexpr int kRows[] = {8, 4, 3, 2, 1};  // Engines keep registers for themselves, and with a row more they spill.
#endif
  using Function = void (*)(const OuterTile<T>& tile);

  int max_vectors;  // 0 where there is no micro-kernel.
  int lanes;
  void (*pack_transposed)(int64_t n, int64_t k, const T* b, int64_t ldb, int64_t width, T* panel);
  // The same of bytes, which it dequantises; null where it takes longer than to do that beforehand.
  void (*pack_bytes)(int64_t n, int64_t k, ByteInputs<T> b, int64_t ldb, int64_t width, T* panel);
  // By kRows and by the vectors of a panel, from 1. The second ones copy B; they have kRows[1] rows and two vectors or more, and are null in WebAssembly,
  // whose module is to stay small.
  Function functions[std::size(kRows)][kMaxVectors], copying[kMaxVectors];
};

// For float and double.
template <typename T>
GemmOuterKernel<T> BestGemmOuterKernel();

}  // namespace blastrain
