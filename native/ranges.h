// Dividing a range into consecutive parts, and a matrix into a grid of them.
#pragma once

#include <cstdint>

namespace blastrain {

// [0, n) divided into `count` ranges of nearly equal lengths; all but the last are a multiple of `step` long.
struct Ranges {
  Ranges(int64_t n, int64_t count, int64_t step = 1) : n(n), count(count), step(step) {}

  // The fewest ranges of which none is longer than `max`, a multiple of `step`.
  static Ranges OfAtMost(int64_t max, int64_t n, int64_t step = 1) { return {n, (n + max - 1) / max, step}; }

  int64_t Begin(int64_t i) const { return i == count ? n : n * i / count / step * step; }
  int64_t End(int64_t i) const { return Begin(i + 1); }
  int64_t Length(int64_t i) const { return End(i) - Begin(i); }

  int64_t n, count, step;
};

// Rows of parts, each of which has as many columns.
struct Grid {
  int64_t Count() const { return rows.count * columns.count; }

  // work(row, end of rows, column, end of columns) for part i of them.
  template <typename Work>
  void Visit(int64_t i, const Work& work) const {
    const int64_t row = i / columns.count, column = i % columns.count;
    work(rows.Begin(row), rows.End(row), columns.Begin(column), columns.End(column));
  }

  Ranges rows, columns;
};

// From so many divisions on, parts along one side alone may be narrower than their packing is worth, or too few.
inline constexpr int64_t kMinGridDivisions = 4;

struct GridSize {
  int64_t rows, columns;
};

// Of grids of at most so many parts one whose largest part costs little, as cost(rows, columns) says: more rows have to save an eighth, which is more than
// costs are known to.
template <typename Cost>
GridSize CheapestGrid(int64_t divisions, const Cost& cost) {
  GridSize best = {1, divisions};
  double least = cost(1, divisions);
  for (int64_t rows = 2; rows <= divisions; rows *= 2) {
    const double next = cost(rows, divisions / rows);
    if (next < 0.875 * least) best = {rows, divisions / rows}, least = next;
  }
  return best;
}

}  // namespace blastrain
