// How the threads of a pool are started, and how they wait for each other.
#pragma once

#if defined(__wasm__)
#include "wasm/waiting.h"
#else

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace blastrain {

// Bytes between what different threads write: two lines, as CPUs fetch them in pairs.
inline constexpr size_t kApart = 128;

inline void Pause() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

// For a thread that has waited for so many turns of a loop for others that compute.
inline void Await(int turns) {
  if (turns < 1000) Pause();
  else std::this_thread::yield();
}

// A flag that any thread sets and one waits for. To set it takes two calls, with a sequentially consistent fence between them: so a caller that sets many
// waits for the caches once.
class Signal {
 public:
  void Set() { set_.store(true, std::memory_order_release); }

  // Wakes the thread if it sleeps. Either this sees that it does, or the thread sees the flag.
  void Wake() {
    if (!asleep_.load(std::memory_order_relaxed)) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_one();
  }

  // Clears the flag; false if it was not set, or another thread has cleared it.
  bool Take() { return set_.load(std::memory_order_relaxed) && set_.exchange(false, std::memory_order_acquire); }

  // Returns when the flag is set: spins for longer than a training step's pauses between kernels, then sleeps.
  void Wait() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(100);
    do {
      for (int spins = 0; spins < 64; spins++) {
        if (set_.load(std::memory_order_relaxed)) return;
        Pause();
      }
    } while (std::chrono::steady_clock::now() < until);
    std::unique_lock<std::mutex> lock(mutex_);
    asleep_.store(true, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    wake_.wait(lock, [this] { return set_.load(std::memory_order_relaxed); });
    asleep_.store(false, std::memory_order_relaxed);
  }

 private:
  std::atomic<bool> set_{false};
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

// Runs work() on a new thread, the pool's i-th.
template <typename Work>
void StartThread(int, const Work& work) {
  std::thread(work).detach();
}

}  // namespace blastrain

#endif
