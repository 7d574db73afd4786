// The gradient of a linear layer's weights, dW[n,k] = dyT x over m examples, and the update made from it, as one: a few rows
// of dW at a time stay in the cache until the update has read them, and what the update needs of the weights and its own
// memory is fetched from main memory while the product is computed. 1024 x 3072 weights, 200 examples, two threads: SGD with
// momentum takes 3.6 ms instead of 4.5 for the one after the other, Adam 4.2 instead of 5.1; 50 x 3072: 0.17 instead of 0.28.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "gemm.h"
#include "kernels/tiles.h"
#include "multiply.h"
#include "pool.h"

namespace blastrain {

// Elements of x that a thread packs at a time: they stay in the second-level cache.
inline constexpr int64_t kPacked = 1 << 17;

// panel[i, r] <- x[i, r] for m rows, `stride` apart, of `used` columns, and 0 for columns from there to `columns`.
template <typename T>
void PackPanel(int64_t m, const T* x, int64_t stride, int64_t used, int64_t columns, T* panel) {
  for (int64_t i = 0; i < m; i++, x += stride, panel += columns) {
    std::copy_n(x, used, panel);
    std::fill(panel + used, panel + columns, T(0));
  }
}

// update(at, count, g) moves `count` weights from element `at` on with their gradients g. `arrays` are what it reads and writes.
// dw holds anything afterwards.
template <typename T, typename Update>
void Descend(int64_t m, int64_t n, int64_t k, const T* dy, const T* x, T* dw, std::initializer_list<const T*> arrays,
             const Update& update) {
  if (n == 0 || k == 0) return;
  static const Tiles<T> tiles = BestTiles<T>();
  if (tiles.rows == 0 || m * n * k < kLeastProduct || m * tiles.columns > kPacked) {
    blastrain::Gemm(blas::GemmShape(true, false, int(n), int(k), int(m)), T(1), dy, x, T(0), dw);
    return Split({n * k, kMoved}, [&](int64_t i, int64_t end) { update(i, end - i, dw + i); });
  }
  const int64_t panels = (n + tiles.rows - 1) / tiles.rows;
  const int64_t rows = ((n + panels - 1) / panels + 1) / 2 * 2;  // of a panel: even shares
  const auto tile = tiles.functions[rows / 2 - 1];
  const int64_t columns = tiles.columns;

  T* packed = Scratch<T, 1>(panels * rows * m);  // The caller's, for all threads.
  Split(Rows(panels, rows * m, kComputed), [=](int64_t p, int64_t end) {
    for (; p < end; p++) PackPanel(m, dy + p * rows, n, std::min(rows, n - p * rows), rows, packed + p * rows * m);
  });

  const int64_t widest = std::clamp(kPacked / m / columns * columns, columns, kWidest);
  Split({k, columns}, [&](int64_t begin, int64_t end) {
    T* pixels = Scratch<T>(widest * (m + rows));
    T* g = pixels + widest * m;
    for (int64_t from = begin; from < end; from += widest) {
      const int64_t width = std::min(widest, end - from);
      const int64_t whole = width / columns * columns;
      tiles.pack(m, width, x + from, k, pixels);
      if (whole < width) PackPanel(m, x + from + whole, k, width - whole, columns, pixels + whole * m);
      for (int64_t p = 0; p < panels; p++) {
        const int64_t first = p * rows * k + from;
        const int64_t used = std::min(rows, n - p * rows);
        for (int64_t j = 0; j < width; j += columns) {
          Lines lines;
          for (int64_t r = 0; r < used; r++) {
            for (const T* array : arrays) lines.Add(array + first + r * k + j, columns);
          }
          tile(m, packed + p * rows * m, pixels + j * m, g + j, widest, lines);
        }
        for (int64_t r = 0; r < used; r++) update(first + r * k, width, g + r * widest);
      }
    }
  });
}

}  // namespace blastrain
