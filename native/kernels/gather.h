// Gathering minibatches from a data set. Equal to TypeScript bit for bit.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/indices.h"
#include "kernels/loops.h"

namespace blastrain {

// Bytes of a cache line.
inline constexpr int64_t kLine = 64;

// x[j] <- value(j) for j in [0, n), for one row, while the row `next` of a data set of Sources is fetched, into L2: a line at a time, as lines that are fetched
// all at once keep the core waiting.
template <typename Source, typename T, typename Value>
BLASTRAIN_INLINE void FillRow(int64_t n, const Source* next, T* x, const Value& value) {
  constexpr int64_t line = kLine / int64_t(sizeof(Source));
  int64_t begin = 0;
  if constexpr (kPrefetches) {
    for (; begin + line <= n; begin += line) {
      __builtin_prefetch(next + begin, 0, 2);
      BLASTRAIN_ELEMENTWISE
      for (int64_t j = begin; j < begin + line; j++) x[j] = value(j);
    }
    __builtin_prefetch(next + begin, 0, 2);
  }
  BLASTRAIN_ELEMENTWISE
  for (int64_t j = begin; j < n; j++) x[j] = value(j);
}

// x[n] <- scale src + shift, for one row.
template <typename T, typename Source>
BLASTRAIN_KERNEL void NormaliseRow(int64_t n, const Source* src, const Source* next, const T* scale, const T* shift, T* x) {
  FillRow(n, next, x, [=](int64_t j) { return scale[j] * static_cast<T>(src[j]) + shift[j]; });
}

// Runs work(row of src, next row of src, i) for each of m rows of n elements. The rows are scattered over a data set larger than any cache: unless the
// next one is fetched meanwhile, half the time is spent waiting for memory.
template <typename Source, typename Work>
void ForEachRow(int64_t m, int64_t n, Indices indices, const Source* src, const Work& work) {
  for (int64_t i = 0; i < m; i++) work(src + indices[i] * n, src + indices[std::min(i + 1, m - 1)] * n, i);
}

// x[i,j] <- scale[j] src[indices[i],j] + shift[j] for columns j in [begin, end) of n.
template <typename T, typename Source>
void GatherRows(int64_t m, int64_t n, int64_t begin, int64_t end, Indices indices, const Source* src, const T* scale,
                const T* shift, T* x) {
  ForEachRow(m, n, indices, src, [=](const Source* row, const Source* next, int64_t i) {
    NormaliseRow(end - begin, row + begin, next + begin, scale + begin, shift + begin, x + i * n + begin);
  });
}

// x[n] <- (src - mean) / std, for one row, in double and rounded once.
template <typename T, typename Source>
BLASTRAIN_KERNEL void StandardizeRow(int64_t n, const Source* src, const Source* next, const double* mean, const double* std, T* x) {
  FillRow(n, next, x, [=](int64_t j) { return static_cast<T>((static_cast<double>(src[j]) - mean[j]) / std[j]); });
}

// x[i,j] <- (src[indices[i],j] - mean[j]) / std[j] for columns j in [begin, end) of n.
template <typename T, typename Source>
void StandardizeRows(int64_t m, int64_t n, int64_t begin, int64_t end, Indices indices, const Source* src, const double* mean,
                     const double* std, T* x) {
  ForEachRow(m, n, indices, src, [=](const Source* row, const Source* next, int64_t i) {
    StandardizeRow(end - begin, row + begin, next + begin, mean + begin, std + begin, x + i * n + begin);
  });
}

// x[n] <- src, for one row.
BLASTRAIN_KERNEL inline void CopyRow(int64_t n, const uint8_t* src, const uint8_t* next, uint8_t* x) {
  FillRow(n, next, x, [=](int64_t j) { return src[j]; });
}

// x[i,:] <- src[indices[i],:].
inline void GatherBytes(int64_t m, int64_t n, Indices indices, const uint8_t* src, uint8_t* x) {
  ForEachRow(m, n, indices, src, [=](const uint8_t* row, const uint8_t* next, int64_t i) { CopyRow(n, row, next, x + i * n); });
}

struct ImageShape {
  int64_t channels, height, width;
};

// How one image is flipped, shifted and cut out (gatherImages in contract.ts). Copied, so that another thread that writes to
// shared memory cannot change a number between its clamping and its use.
struct Geometry {
  explicit Geometry(const int32_t* data)
      : flip(data[0] != 0), dx(data[1]), dy(data[2]), left(data[3]), top(data[4]), right(data[5]), bottom(data[6]) {}

  bool flip;
  int64_t dx, dy, left, top, right, bottom;
};

// Where the pixels of an image are written: as scale src + shift, ...
template <typename T>
struct Inputs {
  template <typename Source>
  BLASTRAIN_INLINE void Put(int64_t u, Source pixel) const {
    x[u] = scale[u] * static_cast<T>(pixel) + shift[u];
  }
  BLASTRAIN_INLINE void Blank(int64_t u) const { x[u] = T(0); }
  BLASTRAIN_INLINE Inputs From(int64_t at) const { return {scale + at, shift + at, x + at}; }
  BLASTRAIN_INLINE Inputs Row(int64_t at) const { return {scale, shift, x + at}; }

  const T* scale;
  const T* shift;
  T* x;
};

// ... as (src - mean) / std, ...
template <typename T>
struct Standardized {
  template <typename Source>
  BLASTRAIN_INLINE void Put(int64_t u, Source pixel) const {
    x[u] = static_cast<T>((static_cast<double>(pixel) - mean[u]) / std[u]);
  }
  BLASTRAIN_INLINE void Blank(int64_t u) const { x[u] = T(0); }
  BLASTRAIN_INLINE Standardized From(int64_t at) const { return {mean + at, std + at, x + at}; }
  BLASTRAIN_INLINE Standardized Row(int64_t at) const { return {mean, std, x + at}; }

  const double* mean;
  const double* std;
  T* x;
};

// ... or as they are.
struct Pixels {
  BLASTRAIN_INLINE void Put(int64_t u, uint8_t pixel) const { x[u] = pixel; }
  BLASTRAIN_INLINE void Blank(int64_t u) const { x[u] = 0; }
  BLASTRAIN_INLINE Pixels From(int64_t at) const { return {x + at}; }
  BLASTRAIN_INLINE Pixels Row(int64_t at) const { return {x + at}; }

  uint8_t* x;
};

// One image, as gatherImages in contract.ts says, while the image `next` is fetched. Each line is its interior with a repeated edge pixel on either side.
template <typename Source, typename Target>
BLASTRAIN_KERNEL void TransformImage(ImageShape shape, Geometry by, const Source* src, const Source* next, Target image) {
  const int64_t width = shape.width;
  const auto within = [](int64_t value, int64_t size) { return std::clamp<int64_t>(value, 0, size); };
  const int64_t begin = within(by.dx, width);
  const int64_t end = within(width + by.dx, width);
  const int64_t left = within(by.left, width);
  const int64_t right = within(by.right, width);
  for (int64_t c = 0; c < shape.channels; c++, src += shape.height * width) {
    for (int64_t v = 0; v < shape.height; v++, next += width) {
      for (int64_t u = 0; u < width; u += kLine / int64_t(sizeof(Source))) __builtin_prefetch(next + u);
      const Target out = image.From((c * shape.height + v) * width);
      const Source* line = src + within(v - by.dy, shape.height - 1) * width;
      const Source first = line[by.flip ? width - 1 : 0];
      const Source last = line[by.flip ? 0 : width - 1];
      for (int64_t u = 0; u < begin; u++) out.Put(u, first);
      if (by.flip) {
        BLASTRAIN_ELEMENTWISE
        for (int64_t u = begin; u < end; u++) out.Put(u, line[width - 1 + by.dx - u]);
      } else {
        BLASTRAIN_ELEMENTWISE
        for (int64_t u = begin; u < end; u++) out.Put(u, line[u - by.dx]);
      }
      for (int64_t u = std::max(begin, end); u < width; u++) out.Put(u, last);
      if (by.top <= v && v < by.bottom) {
        for (int64_t u = left; u < right; u++) out.Blank(u);
      }
    }
  }
}

template <typename Source, typename Target>
void GatherImages(int64_t m, ImageShape shape, Indices indices, const int32_t* geometry, const Source* src, Target batch) {
  const int64_t n = shape.channels * shape.height * shape.width;
  ForEachRow(m, n, indices, src, [=](const Source* image, const Source* next, int64_t i) {
    TransformImage(shape, Geometry(geometry + 7 * i), image, next, batch.Row(i * n));
  });
}

// Adds bytes and their squares of 2 `pairs` rows, `n` apart, to sums and squares of columns [begin, end), modulo 2^32. With c = byte - 128,
// c^2 and sums of two fit in 16 bits, of which a vector holds twice as many as of 32; byte = c + 128 and byte^2 = c^2 + 256 c + 128^2.
template <int pairs>
BLASTRAIN_INLINE void AddByteMoments(int64_t n, int64_t begin, int64_t end, const uint8_t* src, uint32_t* sums, uint32_t* squares) {
  constexpr uint32_t rows = 2 * pairs;
  BLASTRAIN_ELEMENTWISE
  for (int64_t j = begin; j < end; j++) {
    int16_t sum = 0;
    uint32_t square = 0;
    for (int pair = 0; pair < pairs; pair++) {
      const auto first = int16_t(src[2 * pair * n + j] - 128), second = int16_t(src[(2 * pair + 1) * n + j] - 128);
      sum = int16_t(sum + first + second);
      square += uint16_t(uint16_t(first * first) + uint16_t(second * second));
    }
    const auto centred = uint32_t(int32_t(sum));
    sums[j] += centred + rows * 128;
    squares[j] += square + 256 * centred + rows * 128 * 128;
  }
}

// sums[j] <- sum over rows of src[i,j], squares[j] <- sum of src[i,j]^2, modulo 2^32, for columns j in [begin, end) of n.
BLASTRAIN_KERNEL inline void ByteMoments(int64_t m, int64_t n, int64_t begin, int64_t end, const uint8_t* src, uint32_t* sums,
                                         uint32_t* squares) {
  std::fill(sums + begin, sums + end, 0u);
  std::fill(squares + begin, squares + end, 0u);
  int64_t i = 0;
  for (; i + 8 <= m; i += 8) AddByteMoments<4>(n, begin, end, src + i * n, sums, squares);
  for (; i < m; i++) {
    BLASTRAIN_ELEMENTWISE
    for (int64_t j = begin; j < end; j++) {
      const uint32_t byte = src[i * n + j];
      sums[j] += byte;
      squares[j] += byte * byte;
    }
  }
}

// y[n] <- own x + other partner, for one row.
template <typename T>
BLASTRAIN_KERNEL void MixRow(int64_t n, T own, const T* x, T other, const T* partner, T* y) {
  BLASTRAIN_ELEMENTWISE
  for (int64_t j = 0; j < n; j++) y[j] = own * x[j] + other * partner[j];
}

// y[i,:] <- lambda x[i,:] + (1 - lambda) x[partners[i],:] for rows i in [begin, end).
template <typename T>
void MixRows(int64_t begin, int64_t end, int64_t n, T lambda, Indices partners, const T* x, T* y) {
  for (int64_t i = begin; i < end; i++) MixRow(n, lambda, x + i * n, T(1) - lambda, x + partners[i] * n, y + i * n);
}

}  // namespace blastrain
