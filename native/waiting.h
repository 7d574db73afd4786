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

#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
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

// The CPU affinity of a sleeping thread. Linux may wake a thread on the CPU of its waker, which goes on computing there, and leave it in that run queue for
// milliseconds beside an idle CPU: so the waker's CPU is excluded from its affinity until it runs. Elsewhere this does nothing.
class WakeAffinity {
 public:
  // Called by the thread before it sleeps.
  void Save() {
#if defined(__linux__)
    thread_ = pid_t(syscall(SYS_gettid));
    is_saved_ = sched_getaffinity(0, sizeof saved_, &saved_) == 0;
    excluded_ = false;
#endif
  }

  // Called by another thread that is about to wake it.
  void ExcludeCallersCpu() {
#if defined(__linux__)
    const int cpu = sched_getcpu();
    if (!is_saved_ || excluded_ || cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &saved_) || CPU_COUNT(&saved_) == 1) return;
    others_ = saved_;
    CPU_CLR(cpu, &others_);
    excluded_ = sched_setaffinity(thread_, sizeof others_, &others_) == 0;
#endif
  }

  // Called by the thread when it runs. An affinity that was set from outside meanwhile stays.
  void Restore() {
#if defined(__linux__)
    cpu_set_t now;
    if (excluded_ && sched_getaffinity(0, sizeof now, &now) == 0 && CPU_EQUAL(&now, &others_)) sched_setaffinity(0, sizeof saved_, &saved_);
#endif
  }

 private:
#if defined(__linux__)
  pid_t thread_ = 0;
  bool is_saved_ = false, excluded_ = false;
  cpu_set_t saved_, others_;
#endif
};

// A flag that any thread sets and one waits for. To set it takes two calls, with a sequentially consistent fence between them: so a caller that sets many
// waits for the caches once.
class Signal {
 public:
  void Set() { set_.store(true, std::memory_order_release); }

  // Wakes the thread if it sleeps. Either this sees that it does, or the thread sees the flag.
  void Wake() {
    if (!asleep_.load(std::memory_order_relaxed)) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!asleep_.load(std::memory_order_relaxed)) return;
    affinity_.ExcludeCallersCpu();
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
    // Woken for a part that the caller has taken meanwhile, it sleeps again.
    while (!set_.load(std::memory_order_relaxed)) {
      affinity_.Save();
      wake_.wait(lock);
      affinity_.Restore();
    }
    asleep_.store(false, std::memory_order_relaxed);
  }

 private:
  std::atomic<bool> set_{false};
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  WakeAffinity affinity_;
};

// Runs work() on a new thread, the pool's i-th.
template <typename Work>
void StartThread(int, const Work& work) {
  std::thread(work).detach();
}

}  // namespace blastrain

#endif
