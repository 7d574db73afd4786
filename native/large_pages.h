// Large pages for memory that kernels pass over: one of 2 MB in place of 512 of 4 KB. Weights of a large layer with their optimiser's state have thousands of
// small ones, more than a core remembers the places of, and prefetching stops at the end of each.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace blastrain {

// Asks the system for large pages from `begin` to `end`, before they are first written. It may have none, or be set not to give any: nothing is lost then.
inline void UseLargePages([[maybe_unused]] void* data, [[maybe_unused]] size_t bytes) {
#if defined(MADV_HUGEPAGE)
  constexpr uintptr_t page = 4096;  // Of other sizes of pages the call takes no range that is not aligned to them.
  const auto begin = (reinterpret_cast<uintptr_t>(data) + page - 1) / page * page;
  const auto end = (reinterpret_cast<uintptr_t>(data) + bytes) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace blastrain
