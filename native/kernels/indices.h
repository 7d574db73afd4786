// Labels and row indices: data that is used as addresses.
#pragma once

#include <cstdint>

namespace blastrain {

// Indices that were all found in [0, bound) when the call came in (binding.h). Where the array lies in shared memory
// another thread can write to it meanwhile, so each one is loaded exactly once and compared again: a value that changed
// behind the caller's back gives a wrong number, never a wild address.
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
