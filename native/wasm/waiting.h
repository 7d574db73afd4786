// How the threads of a pool wait for each other in WebAssembly: as native/waiting.h says, by its own instructions. Other modules of the same memory run
// on them, in workers of JavaScript.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace blastrain {

// A line: blocks of heap.h are aligned to no more.
inline constexpr size_t kApart = 64;

// Whether this thread may sleep, which the one that draws a page may not.
inline thread_local bool may_sleep = false;

// Has JavaScript start the pool's i-th thread. Returns before that runs, and does nothing where no thread can be started.
__attribute__((import_module("blastrain"), import_name("start"))) void StartInJavaScript(int32_t i);

// There is neither a clock nor an instruction that pauses: turns stand for time. Sleeps for a moment where others seem not to run.
inline void Await(int turns) {
  static int32_t never = 0;
  constexpr int kTurns = 1 << 16;
  constexpr int64_t kNanoseconds = 20000;
  if (turns >= kTurns && may_sleep) __builtin_wasm_memory_atomic_wait32(&never, 0, kNanoseconds);
}

class Signal {
 public:
  void Set() { set_.store(1); }
  void Wake() {
    if (asleep_.load() != 0) __builtin_wasm_memory_atomic_notify(Word(), 1);
  }

  bool Take() { return set_.load(std::memory_order_relaxed) != 0 && set_.exchange(0) != 0; }

  void Wait() {
    for (int turns = 0; turns < 1 << 16; turns++) {
      if (set_.load(std::memory_order_relaxed) != 0) return;
    }
    asleep_.store(1);
    while (set_.load() == 0) __builtin_wasm_memory_atomic_wait32(Word(), 0, -1);
    asleep_.store(0);
  }

 private:
  int32_t* Word() { return reinterpret_cast<int32_t*>(&set_); }

  std::atomic<int32_t> set_{0};
  std::atomic<int32_t> asleep_{0};
};

// The thread that JavaScript starts calls what module.cc exports, and that Pool::Work.
template <typename Work>
void StartThread(int i, const Work&) {
  StartInJavaScript(i);
}

}  // namespace blastrain
