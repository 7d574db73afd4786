// Dividing a range into consecutive parts.
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

}  // namespace blastrain
