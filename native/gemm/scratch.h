// What all products share: scratch memory, and writing finished sums to C.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/loops.h"

namespace blastrain {

// n elements in the calling thread's memory, aligned to a cache line; each `use` has memory of its own. A parallel part uses
// 0, and 3 for a product that it turns at the end; its caller uses 1 for what it hands to the parts, since it computes one of them
// itself, and 2 for what spans whole products.
template <typename T, int use = 0>
T* Scratch(int64_t n) {
  constexpr int64_t line = 64 / sizeof(T);
  thread_local std::vector<T> scratch;
  scratch.resize(std::max<size_t>(scratch.size(), n + line));
  return scratch.data() + line - reinterpret_cast<uintptr_t>(scratch.data()) % 64 / sizeof(T);
}

// panel[i,r] <- x[i,r] for m rows, `stride` apart, of `used` columns, and 0 for columns from there to `columns`.
template <typename T>
void PackPanel(int64_t m, const T* x, int64_t stride, int64_t used, int64_t columns, T* panel) {
  for (int64_t i = 0; i < m; i++, x += stride, panel += columns) {
    std::copy_n(x, used, panel);
    std::fill(panel + used, panel + columns, T(0));
  }
}

// Every row of c[m,n], ldc apart, <- row.
template <typename T>
void FillRows(int64_t m, int64_t n, const T* row, T* c, int64_t ldc) {
  for (int64_t i = 0; i < m; i++) std::copy_n(row, n, c + i * ldc);
}

// c[n] <- alpha sums + beta c; beta = 0 does not read c.
template <typename T>
BLASTRAIN_KERNEL void Accumulate(int64_t n, T alpha, const T* sums, T beta, T* c) {
  if (beta == 0) {
    for (int64_t j = 0; j < n; j++) c[j] = alpha * sums[j];
  } else {
    for (int64_t j = 0; j < n; j++) c[j] = alpha * sums[j] + beta * c[j];
  }
}

}  // namespace blastrain
