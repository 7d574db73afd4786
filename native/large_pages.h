// Large pages for memory that kernels pass over: one of 2 MB in place of 512 of 4 KB. Weights of a large layer with their optimiser's state have thousands of
// small ones, more than a core remembers the places of, and prefetching stops at the end of each. Small pages also lie anywhere in memory, so that parts of
// a batch may compete for the same cache sets: a step of a two-layer net took 0.71 ms in one process and 0.93 in the next.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace blastrain {

// Asks the system for large pages from `data` on, before they are first written. It may have none, or be set not to give any: nothing is lost then. Pages are
// laid on the memory of several sockets in turn if `nodes` has a bit for each of them: each core reads every part of such arrays sooner or later, and one
// socket's memory alone has a share of the rate of all. That, too, may be refused, and where the process was given a policy of its own (numactl) that stays.
inline void UseLargePages([[maybe_unused]] void* data, [[maybe_unused]] size_t bytes, [[maybe_unused]] uint64_t nodes) {
#if defined(MADV_HUGEPAGE)
  constexpr uintptr_t page = 4096;  // Of other sizes of pages the calls take no range that is not aligned to them.
  const auto begin = (reinterpret_cast<uintptr_t>(data) + page - 1) / page * page;
  const auto end = (reinterpret_cast<uintptr_t>(data) + bytes) / page * page;
  if (begin >= end) return;
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#if defined(SYS_mbind)
  if (nodes == 0) return;
  constexpr int by_default = 0, interleave = 3;  // MPOL_DEFAULT and MPOL_INTERLEAVE of linux/mempolicy.h
  int policy = by_default;
  syscall(SYS_get_mempolicy, &policy, nullptr, 0, nullptr, 0);
  if (policy == by_default) syscall(SYS_mbind, begin, end - begin, interleave, &nodes, 8 * sizeof(nodes) + 1, 0);
#endif
#endif
}

// Zeroed memory that begins with a large page and fills up its last one; null where there is none.
class LargePages {
 public:
#if defined(MADV_HUGEPAGE)
  static void* Allocate(size_t bytes, uint64_t nodes) {
    const size_t length = Rounded(bytes);
    void* const mapped = mmap(nullptr, length + kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char* const first = static_cast<char*>(mapped);
    const size_t before = -reinterpret_cast<uintptr_t>(first) % kSize;
    if (before > 0) munmap(first, before);
    munmap(first + before + length, kSize - before);
    UseLargePages(first + before, length, nodes);
    return first + before;
  }
  static void Free(void* data, size_t bytes) { munmap(data, Rounded(bytes)); }

 private:
  static constexpr size_t kSize = 2 << 20;
  static size_t Rounded(size_t bytes) { return (bytes + kSize - 1) / kSize * kSize; }
#else
  static void* Allocate(size_t, uint64_t) { return nullptr; }
  static void Free(void*, size_t) {}
#endif
};

}  // namespace blastrain
