// Embeddings of a table's numbers and categories.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/elementary.h"
#include "kernels/indices.h"
#include "kernels/loops.h"

namespace blastrain {

// How the columns of a table's inputs and outputs lie.
struct PeriodicShape {
  int64_t n, k, size, passed, after, outputs_after;

  int64_t Inputs() const { return n + passed + after; }
  int64_t Outputs() const { return n * (size + 1) + passed + outputs_after; }
};

// Frequencies are computed in blocks of this many, and of no more outputs at once than that, so that all that a number's rows share
// stays in registers and in L1. Frequencies that are missing in a block have parameters of 0.
inline constexpr int64_t kFrequencies = 16;
inline constexpr int64_t kMapped = 8;

template <typename T>
struct PeriodicBlock {
  T frequency[kFrequencies];
  T phase[kFrequencies];  // in turns
  T weight[kMapped][kFrequencies];
  int64_t frequencies, mapped;
};

// The block of number j from frequency l and output o on.
template <typename T>
BLASTRAIN_INLINE void LoadBlock(const PeriodicShape& shape, int64_t j, int64_t l, int64_t o, const T* frequency, const T* phase,
                                const T* weight, PeriodicBlock<T>& block) {
  const auto [n, k, size, passed, after, outputs_after] = shape;
  block.frequencies = std::min(kFrequencies, k - l);
  block.mapped = std::min(kMapped, size - o);
  for (int64_t f = 0; f < kFrequencies; f++) {
    const bool is_there = f < block.frequencies;
    block.frequency[f] = is_there ? frequency[j * k + l + f] : T(0);
    block.phase[f] = is_there ? phase[j * k + l + f] * static_cast<T>(0.15915494309189535) : T(0);
    for (int64_t d = 0; d < block.mapped; d++) {
      block.weight[d][f] = is_there ? weight[(j * size + o + d) * k + l + f] : T(0);
    }
  }
}

// The sum of a block's numbers, pairwise, which are lost.
template <typename T>
BLASTRAIN_INLINE T SumOf(T (&numbers)[kFrequencies]) {
  for (int64_t width = kFrequencies / 2; width > 0; width /= 2) {
    for (int64_t f = 0; f < width; f++) numbers[f] += numbers[f + width];
  }
  return numbers[0];
}

// For m rows of x and y: y <- x, weight cos(2 pi frequency x + phase) + bias for each number, and what is passed.
template <typename T>
BLASTRAIN_KERNEL void PeriodicForward(int64_t m, PeriodicShape shape, const T* x, const T* frequency, const T* phase,
                                      const T* weight, const T* bias, T* y) {
  if (m == 0) return;
  const int64_t inputs = shape.Inputs(), outputs = shape.Outputs(), n = shape.n, size = shape.size;
  PeriodicBlock<T> block;
  for (int64_t j = 0; j < n; j++) {
    T* const own = y + j * (size + 1);
    for (int64_t i = 0; i < m; i++) {
      own[i * outputs] = x[i * inputs + j];
      for (int64_t o = 0; o < size; o++) own[i * outputs + 1 + o] = bias[j * size + o];
    }
    for (int64_t o = 0; o < size; o += kMapped) {
      for (int64_t l = 0; l < shape.k; l += kFrequencies) {
        LoadBlock(shape, j, l, o, frequency, phase, weight, block);
        for (int64_t i = 0; i < m; i++) {
          const T value = x[i * inputs + j];
          T cosine[kFrequencies];
          for (int64_t f = 0; f < kFrequencies; f++) cosine[f] = CircleOf(block.frequency[f] * value + block.phase[f]).cosine;
          for (int64_t d = 0; d < block.mapped; d++) {
            T products[kFrequencies];
            for (int64_t f = 0; f < kFrequencies; f++) products[f] = block.weight[d][f] * cosine[f];
            own[i * outputs + 1 + o + d] += SumOf(products);
          }
        }
      }
    }
  }
  for (int64_t i = 0; i < m; i++) std::copy_n(x + i * inputs + n, shape.passed, y + i * outputs + n * (size + 1));
}

// The gradients of number j over m rows, and its dx.
template <typename T>
BLASTRAIN_KERNEL void PeriodicBackward(int64_t m, PeriodicShape shape, int64_t j, const T* x, const T* frequency, const T* phase,
                                       const T* weight, const T* dy, T* dfrequency, T* dphase, T* dweight, T* dbias, T* dx) {
  const int64_t inputs = shape.Inputs(), outputs = shape.Outputs(), k = shape.k, size = shape.size;
  constexpr T two_pi = static_cast<T>(6.283185307179586);
  const T* const own = m == 0 ? dy : dy + j * (size + 1);  // dy may be null where there are no rows
  std::fill_n(dfrequency + j * k, k, T(0));
  std::fill_n(dphase + j * k, k, T(0));
  std::fill_n(dweight + j * size * k, size * k, T(0));
  std::fill_n(dbias + j * size, size, T(0));
  for (int64_t i = 0; i < m; i++) {
    dx[i * inputs + j] = own[i * outputs];
    for (int64_t o = 0; o < size; o++) dbias[j * size + o] += own[i * outputs + 1 + o];
  }
  PeriodicBlock<T> block;
  for (int64_t o = 0; o < size; o += kMapped) {
    for (int64_t l = 0; l < k; l += kFrequencies) {
      LoadBlock(shape, j, l, o, frequency, phase, weight, block);
      T of_frequency[kFrequencies] = {};
      T of_phase[kFrequencies] = {};
      T of_weight[kMapped][kFrequencies] = {};
      for (int64_t i = 0; i < m; i++) {
        const T value = x[i * inputs + j];
        const T* const gradient = own + i * outputs + 1 + o;
        T cosine[kFrequencies], back[kFrequencies], slope[kFrequencies];
        for (int64_t f = 0; f < kFrequencies; f++) {
          const Circle<T> circle = CircleOf(block.frequency[f] * value + block.phase[f]);
          cosine[f] = circle.cosine;
          slope[f] = -circle.sine;
          back[f] = 0;
        }
        for (int64_t d = 0; d < block.mapped; d++) {
          for (int64_t f = 0; f < kFrequencies; f++) {
            back[f] += block.weight[d][f] * gradient[d];
            of_weight[d][f] += cosine[f] * gradient[d];
          }
        }
        for (int64_t f = 0; f < kFrequencies; f++) {
          const T product = slope[f] * back[f];
          of_phase[f] += product;
          of_frequency[f] += product * value;
          slope[f] = f < block.frequencies ? product * block.frequency[f] : T(0);
        }
        dx[i * inputs + j] += two_pi * SumOf(slope);
      }
      for (int64_t f = 0; f < block.frequencies; f++) {
        dfrequency[j * k + l + f] += two_pi * of_frequency[f];
        dphase[j * k + l + f] += of_phase[f];
        for (int64_t d = 0; d < block.mapped; d++) dweight[(j * size + o + d) * k + l + f] = of_weight[d][f];
      }
    }
  }
}

// dx of what is passed, and 0 of what follows, for m rows.
template <typename T>
void PassBackward(int64_t m, PeriodicShape shape, const T* dy, T* dx) {
  for (int64_t i = 0; i < m; i++) {
    T* const row = dx + i * shape.Inputs() + shape.n;
    std::copy_n(dy + i * shape.Outputs() + shape.n * (shape.size + 1), shape.passed, row);
    std::fill_n(row + shape.passed, shape.after, T(0));
  }
}

// The row of the table that an index of category j stands for: the last of the category where it is no index of one of its rows.
inline int64_t TableRow(const Indices& starts, int64_t j, int64_t n, int64_t rows, double index) {
  const int64_t first = starts[j];
  const int64_t last = (j + 1 < n ? starts[j + 1] : rows) - 1;
  if (index >= 0 && index < double(last - first) && index == std::floor(index)) return first + int64_t(index);
  return std::max(first, last);
}

// For m rows: y[n k] <- the rows of table[rows,k] that x[n] stands for. Rows of x and y are `inputs` and `outputs` long.
template <typename T>
void EmbeddingForward(int64_t m, int64_t n, int64_t k, int64_t rows, int64_t inputs, int64_t outputs, const Indices& starts,
                      const T* x, const T* table, T* y) {
  for (int64_t i = 0; i < m; i++, x += inputs, y += outputs) {
    for (int64_t j = 0; j < n; j++) std::copy_n(table + k * TableRow(starts, j, n, rows, x[j]), k, y + j * k);
  }
}

// dtable <- the sums of dy by the same rows, from the first to the last.
template <typename T>
void EmbeddingBackward(int64_t m, int64_t n, int64_t k, int64_t rows, int64_t inputs, int64_t outputs, const Indices& starts,
                       const T* x, const T* dy, T* dtable) {
  std::fill_n(dtable, rows * k, T(0));
  for (int64_t i = 0; i < m; i++, x += inputs, dy += outputs) {
    for (int64_t j = 0; j < n; j++) {
      T* const row = dtable + k * TableRow(starts, j, n, rows, x[j]);
      for (int64_t l = 0; l < k; l++) row[l] += dy[j * k + l];
    }
  }
}

}  // namespace blastrain
