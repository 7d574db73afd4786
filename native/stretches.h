// Cutting a range into stretches.
#pragma once

#include <cstdint>

namespace blastrain {

// [0, n) cut into `count` stretches of nearly equal lengths; all but the last are a multiple of `step` long.
struct Stretches {
  Stretches(int64_t n, int64_t count, int64_t step = 1) : n(n), count(count), step(step) {}

  int64_t Begin(int64_t i) const { return i == count ? n : n * i / count / step * step; }
  int64_t End(int64_t i) const { return Begin(i + 1); }
  int64_t Length(int64_t i) const { return End(i) - Begin(i); }

  int64_t n, count, step;
};

}  // namespace blastrain
