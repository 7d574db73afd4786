// Ensembles whose members share their weights: x[m,members,n] holds a row of n numbers for each member. Equal to TypeScript
// bit for bit, but for the linear layers of the members.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/loops.h"

namespace blastrain {

// y[i,j,:] <- x[i,:] scale[j,:].
template <typename T>
BLASTRAIN_KERNEL void ExpandMembersForward(int64_t m, int64_t members, int64_t n, const T* x, const T* scale, T* y) {
  for (int64_t i = 0; i < m; i++, x += n) {
    for (int64_t j = 0; j < members; j++, y += n) {
      BLASTRAIN_ELEMENTWISE
      for (int64_t c = 0; c < n; c++) y[c] = x[c] * scale[j * n + c];
    }
  }
}

// dscale[j,:] <- sum over rows i of dy[i,j,:] x[i,:], for members [begin, end).
template <typename T>
BLASTRAIN_KERNEL void ExpandMembersScale(int64_t m, int64_t members, int64_t n, int64_t begin, int64_t end, const T* x,
                                         const T* dy, T* dscale) {
  std::fill(dscale + begin * n, dscale + end * n, T(0));
  for (int64_t i = 0; i < m; i++, x += n) {
    for (int64_t j = begin; j < end; j++) {
      const T* from = dy + (i * members + j) * n;
      T* sum = dscale + j * n;
      BLASTRAIN_ELEMENTWISE
      for (int64_t c = 0; c < n; c++) sum[c] += from[c] * x[c];
    }
  }
}

// dx[i,:] <- sum over members j of dy[i,j,:] scale[j,:].
template <typename T>
BLASTRAIN_KERNEL void ExpandMembersInput(int64_t m, int64_t members, int64_t n, const T* scale, const T* dy, T* dx) {
  for (int64_t i = 0; i < m; i++, dx += n) {
    std::fill_n(dx, n, T(0));
    for (int64_t j = 0; j < members; j++, dy += n) {
      BLASTRAIN_ELEMENTWISE
      for (int64_t c = 0; c < n; c++) dx[c] += dy[c] * scale[j * n + c];
    }
  }
}

// y[i,:] <- x[i,:] scale + shift. x and y may be the same array.
template <typename T>
BLASTRAIN_KERNEL void AffineColumnsForward(int64_t m, int64_t n, const T* x, const T* scale, const T* shift, T* y) {
  for (int64_t i = 0; i < m; i++, x += n, y += n) {
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = 0; j < n; j++) y[j] = x[j] * scale[j] + shift[j];
  }
}

// Columns whose sums stay in L1 while rows are read.
inline constexpr int64_t kAffineColumns = 1024;

// dscale <- sum of dy x, dshift <- sum of dy over rows; dx <- dy scale; for columns [begin, end) of n. dx may be x or dy.
template <typename T>
BLASTRAIN_KERNEL void AffineColumnsBackward(int64_t m, int64_t n, int64_t begin, int64_t end, const T* x, const T* scale,
                                            const T* dy, T* dscale, T* dshift, T* dx) {
  for (int64_t from = begin; from < end; from += kAffineColumns) {
    const int64_t columns = std::min(kAffineColumns, end - from);
    const T* factor = scale + from;
    T* products = dscale + from;
    T* sums = dshift + from;
    std::fill_n(products, columns, T(0));
    std::fill_n(sums, columns, T(0));
    for (int64_t i = 0; i < m; i++) {
      const int64_t at = i * n + from;
      BLASTRAIN_ELEMENTWISE
      for (int64_t j = 0; j < columns; j++) {
        const T gradient = dy[at + j];
        products[j] += gradient * x[at + j];
        sums[j] += gradient;
        dx[at + j] = gradient * factor[j];
      }
    }
  }
}

// Partial sums of a scalar product, so that it vectorises.
inline constexpr int64_t kLanes = 16;

// y[o] <- x[k] w[o,k] + bias[o] for kOutputs outputs.
template <int kOutputs, typename T>
BLASTRAIN_INLINE void DotsPlus(int64_t k, const T* x, const T* w, const T* bias, T* y) {
  T sums[kOutputs][kLanes] = {};
  int64_t c = 0;
  for (; c + kLanes <= k; c += kLanes) {
    for (int o = 0; o < kOutputs; o++) {
      for (int64_t lane = 0; lane < kLanes; lane++) sums[o][lane] += x[c + lane] * w[o * k + c + lane];
    }
  }
  for (int o = 0; o < kOutputs; o++) {
    for (int64_t rest = c; rest < k; rest++) sums[o][rest - c] += x[rest] * w[o * k + rest];
    T sum = bias[o];
    for (int64_t lane = 0; lane < kLanes; lane++) sum += sums[o][lane];
    y[o] = sum;
  }
}

// y[i,j,:] <- x[i,j,:] w[j,:,:]^T + bias[j,:] with w[members,n,k].
template <typename T>
BLASTRAIN_KERNEL void MemberLinearForward(int64_t m, int64_t members, int64_t n, int64_t k, const T* x, const T* w,
                                          const T* bias, T* y) {
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < members; j++, x += k, y += n) {
      const T* weights = w + j * n * k;
      const T* biases = bias + j * n;
      int64_t o = 0;
      for (; o + 2 <= n; o += 2) DotsPlus<2>(k, x, weights + o * k, biases + o, y + o);
      for (; o < n; o++) DotsPlus<1>(k, x, weights + o * k, biases + o, y + o);
    }
  }
}

// dw[j,:,:] <- sum over i of dy[i,j,:]^T x[i,j,:]; dx[i,j,:] <- dy[i,j,:] w[j,:,:]; for members [begin, end).
template <typename T>
BLASTRAIN_KERNEL void MemberLinearBackward(int64_t m, int64_t members, int64_t n, int64_t k, int64_t begin, int64_t end,
                                           const T* x, const T* w, const T* dy, T* dw, T* dx) {
  std::fill(dw + begin * n * k, dw + end * n * k, T(0));
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = begin; j < end; j++) {
      const int64_t row = i * members + j;
      const T* inputs = x + row * k;
      const T* gradients = dy + row * n;
      T* out = dx + row * k;
      std::fill_n(out, k, T(0));
      for (int64_t o = 0; o < n; o++) {
        const T gradient = gradients[o];
        const T* weights = w + (j * n + o) * k;
        T* sums = dw + (j * n + o) * k;
        BLASTRAIN_ELEMENTWISE
        for (int64_t c = 0; c < k; c++) {
          sums[c] += gradient * inputs[c];
          out[c] += gradient * weights[c];
        }
      }
    }
  }
}

// y[i,:] <- mean over members j of x[i,j,:].
template <typename T>
BLASTRAIN_KERNEL void MeanMembers(int64_t m, int64_t members, int64_t n, const T* x, T* y) {
  for (int64_t i = 0; i < m; i++, x += members * n, y += n) {
    for (int64_t c = 0; c < n; c++) {
      T sum = 0;
      for (int64_t j = 0; j < members; j++) sum += x[j * n + c];
      y[c] = sum / T(members);
    }
  }
}

}  // namespace blastrain
