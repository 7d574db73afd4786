// Minibatches out of a data set. Bit for bit equal to TypeScript.
#pragma once

#include <cstdint>

#include "kernels/indices.h"
#include "kernels/loops.h"

namespace blastrain {

// x <- scale src + shift for one row.
template <typename T, typename Source>
BLASTRAIN_KERNEL void NormaliseRow(int64_t n, const Source* src, const T* scale, const T* shift, T* x) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t j = 0; j < n; j++) x[j] = scale[j] * static_cast<T>(src[j]) + shift[j];
}

// x[i,:] <- scale src[indices[i],:] + shift.
template <typename T, typename Source>
void GatherRows(int64_t m, int64_t n, Indices indices, const Source* src, const T* scale, const T* shift, T* x) {
  for (int64_t i = 0; i < m; i++, x += n) NormaliseRow(n, src + indices[i] * n, scale, shift, x);
}

}  // namespace blastrain
