// Labels and row indices, which are used as addresses.
#pragma once

#include <cstdint>

namespace blastrain {

// Indices that were all in [0, bound) when the call began (binding.h). In shared memory another thread can overwrite them
// during the call, so each is loaded exactly once and compared again: one that has changed gives a wrong number, never an
// address out of bounds.
class Indices {
 public:
  Indices(const int32_t* data, int64_t bound) : data_(data), bound_(bound) {}

  int64_t operator[](int64_t i) const {
    const int64_t index = Load(data_, i);
    return InRange(index, bound_) ? index : 0;
  }

  // The same from index i on.
  Indices From(int64_t i) const { return Indices(data_ + i, bound_); }

  static int64_t Load(const int32_t* data, int64_t i) { return __atomic_load_n(data + i, __ATOMIC_RELAXED); }
  static bool InRange(int64_t index, int64_t bound) { return index >= 0 && index < bound; }

 private:
  const int32_t* data_;
  int64_t bound_;
};

}  // namespace blastrain
