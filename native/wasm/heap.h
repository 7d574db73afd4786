// The memory of the WebAssembly module: all that lies behind its data and stack, of a size that never changes, because growing it would detach
// every view that JavaScript has. Blocks begin on cache lines. Freed ones are merged and used again, the first that fits: there are some hundred
// of them, allocated before a training's first step. Threads take turns, as they pack what they multiply into blocks of their own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

extern "C" unsigned char __heap_base;

namespace blastrain {

class Heap {
 public:
  static constexpr size_t kLine = 64;

  // `bytes` > 0 in size; null where no gap is as large.
  void* Allocate(size_t bytes) {
    const Turn turn(is_taken_);
    if (first_ == nullptr) Begin();
    const size_t lines = bytes / kLine + (bytes % kLine != 0) + 1;
    for (Gap** at = &first_; *at != nullptr; at = &(*at)->next) {
      Gap* const gap = *at;
      if (gap->lines < lines) continue;
      if (gap->lines == lines) {
        *at = gap->next;
      } else {
        Gap* const rest = After(gap, lines);
        *rest = {gap->lines - lines, gap->next};
        *at = rest;
      }
      gap->lines = lines;
      free_lines_ -= lines;
      return After(gap, 1);
    }
    return nullptr;
  }

  // What Allocate has returned.
  void Free(void* block) {
    const Turn turn(is_taken_);
    Gap* const freed = After(static_cast<Gap*>(block), -1);
    free_lines_ += freed->lines;
    Gap* before = nullptr;
    Gap* after = first_;
    for (; after != nullptr && after < freed; after = after->next) before = after;
    freed->next = after;
    if (before == nullptr) first_ = freed;
    else before->next = freed;
    Merge(freed);
    if (before != nullptr) Merge(before);
  }

  // In bytes, in all gaps together.
  double FreeBytes() {
    const Turn turn(is_taken_);
    if (first_ == nullptr) Begin();
    return double(free_lines_) * kLine;
  }

 private:
  // Held by one thread at a time, for less time than another would take to fall asleep.
  class Turn {
   public:
    explicit Turn(std::atomic<bool>& is_taken) : is_taken_(is_taken) {
      while (is_taken_.exchange(true)) {}
    }
    ~Turn() { is_taken_.store(false); }

   private:
    std::atomic<bool>& is_taken_;
  };

  // The line before each block, and the first of each gap; `next` is of gaps alone, in the order of addresses.
  struct Gap {
    size_t lines;  // This one among them.
    Gap* next;
  };

  static Gap* After(Gap* gap, ptrdiff_t lines) { return reinterpret_cast<Gap*>(reinterpret_cast<uintptr_t>(gap) + size_t(lines) * kLine); }

  static void Merge(Gap* gap) {
    if (gap->next == nullptr || After(gap, ptrdiff_t(gap->lines)) != gap->next) return;
    gap->lines += gap->next->lines;
    gap->next = gap->next->next;
  }

  void Begin() {
    if (began_) return;
    began_ = true;
    const size_t base = (reinterpret_cast<size_t>(&__heap_base) + kLine - 1) / kLine;
    first_ = reinterpret_cast<Gap*>(base * kLine);
    free_lines_ = size_t(uint64_t(__builtin_wasm_memory_size(0)) * 65536 / kLine) - base;
    *first_ = {free_lines_, nullptr};
  }

  std::atomic<bool> is_taken_{false};
  Gap* first_ = nullptr;
  size_t free_lines_ = 0;
  bool began_ = false;
};

}  // namespace blastrain
