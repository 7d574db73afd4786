// Memory that is fetched into caches while products are computed, little by little: all at once would keep the core waiting. What lies past
// the end of an array may be fetched too, as a prefetch does not fault.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "kernels/loops.h"

namespace blastrain {

// Fetches a line to be written: other cores give up their copies now, and not when it is written. Compilers make an ordinary prefetch of
// __builtin_prefetch(at, 1) unless they are told that the CPU has PREFETCHW; to x86-64 CPUs without it, Intel's until 2014, it is a NOP.
inline void PrefetchToWrite(const void* at) {
#if defined(__x86_64__)
  __asm__ volatile("prefetchw %0" : : "m"(*static_cast<const char*>(at)));
#else
  __builtin_prefetch(at, 1);
#endif
}

// Fetches a matrix, none by default, of `rows` rows of `bytes` bytes, `stride` apart, into L2, to be read.
class Prefetcher {
 public:
  Prefetcher() = default;
  Prefetcher(const void* at, int64_t rows, int64_t bytes, int64_t stride)
      : at_(static_cast<const char*>(at)), rows_(rows), lines_((bytes + 63) / 64), stride_(stride) {}

  int64_t Lines() const { return rows_ * lines_; }

  // The next ones of its cache lines.
  void Fetch(int64_t lines) {
    for (; kPrefetches && lines > 0 && row_ < rows_; lines--) {
      __builtin_prefetch(at_ + row_ * stride_ + line_ * 64, 0, 2);
      if (++line_ < lines_) continue;
      line_ = 0;
      row_++;
    }
  }

 private:
  const char* at_ = nullptr;
  int64_t rows_ = 0, lines_ = 0, stride_ = 0, row_ = 0, line_ = 0;
};

// Fetches parts of rows of up to kMost arrays, to be written: of each `rows` rows, `stride` apart, `width` elements from element `from` on.
class RowsPrefetcher {
 public:
  RowsPrefetcher() = default;
  template <typename T>
  RowsPrefetcher(std::initializer_list<const T*> arrays, int64_t from, int64_t rows, int64_t stride, int64_t width)
      : rows_(rows), stride_(stride * int64_t(sizeof(T))), bytes_(width * int64_t(sizeof(T))) {
    for (const T* array : arrays) {
      if (count_ < kMost) at_[count_++] = reinterpret_cast<const char*>(array + from);
    }
  }

  // The next rows of every array, as many as are left.
  void FetchRows(int64_t rows) {
    for (; kPrefetches && rows > 0 && rows_ > 0; rows--, rows_--) {
      for (int a = 0; a < count_; a++) {
        for (int64_t byte = 0; byte < bytes_; byte += 64) PrefetchToWrite(at_[a] + byte);
        at_[a] += stride_;
      }
    }
  }

 private:
  static constexpr int kMost = 4;
  const char* at_[kMost];
  int count_ = 0;
  int64_t rows_ = 0, stride_ = 0, bytes_ = 0;
};

}  // namespace blastrain
