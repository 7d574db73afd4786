// Bias of a linear layer. Equal to TypeScript bit for bit.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/loops.h"

namespace blastrain {

// y[i,:] += bias.
template <typename T>
BLASTRAIN_KERNEL void BiasForward(int64_t m, int64_t n, const T* bias, T* y) {
  for (int64_t i = 0; i < m; i++, y += n) {
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) y[j] += bias[j];
  }
}

// dbias <- beta dbias + dy[0,:] + dy[1,:] + ..., in this order, for n columns of a matrix whose rows are `stride` apart;
// beta = 0 does not read dbias.
template <typename T>
BLASTRAIN_KERNEL void BiasBackward(int64_t m, int64_t n, int64_t stride, const T* dy, T beta, T* dbias) {
  if (beta == 0) {
    std::fill_n(dbias, n, T(0));
  } else {
    for (int64_t j = 0; j < n; j++) dbias[j] *= beta;
  }
  for (int64_t i = 0; i < m; i++, dy += stride) {
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) dbias[j] += dy[j];
  }
}

}  // namespace blastrain
