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

// Where a thread wakes. A system may put it on the CPU of the one that wakes it, which goes on computing there, and leave it waiting for milliseconds beside
// an idle CPU: so it is kept off that one until it runs. Does nothing but on Linux.
class Waking {
 public:
  // By the thread, before it sleeps.
  void Prepare() {
#if defined(__linux__)
    thread_ = pid_t(syscall(SYS_gettid));
    known_ = sched_getaffinity(0, sizeof allowed_, &allowed_) == 0;
    confined_ = false;
#endif
  }

  // By another that is about to wake it.
  void KeepOff() {
#if defined(__linux__)
    const int cpu = sched_getcpu();
    if (!known_ || confined_ || cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &allowed_) || CPU_COUNT(&allowed_) == 1) return;
    others_ = allowed_;
    CPU_CLR(cpu, &others_);
    confined_ = sched_setaffinity(thread_, sizeof others_, &others_) == 0;
#endif
  }

  // By the thread, when it runs: it may go where it likes again, unless someone has said otherwise meanwhile.
  void End() {
#if defined(__linux__)
    cpu_set_t now;
    if (confined_ && sched_getaffinity(0, sizeof now, &now) == 0 && CPU_EQUAL(&now, &others_)) sched_setaffinity(0, sizeof allowed_, &allowed_);
#endif
  }

 private:
#if defined(__linux__)
  pid_t thread_ = 0;
  bool known_ = false, confined_ = false;
  cpu_set_t allowed_, others_;
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
    waking_.KeepOff();
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
      waking_.Prepare();
      wake_.wait(lock);
      waking_.End();
    }
    asleep_.store(false, std::memory_order_relaxed);
  }

 private:
  std::atomic<bool> set_{false};
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  Waking waking_;
};

// Runs work() on a new thread, the pool's i-th.
template <typename Work>
void StartThread(int, const Work& work) {
  std::thread(work).detach();
}

}  // namespace blastrain

#endif
