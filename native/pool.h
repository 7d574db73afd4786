// The one pool of threads of all kernels: the caller and workers. OpenBLAS itself is left with one thread, because two pools
// on the same cores compete, and because it computes skinny products on one core.
//
// How work is divided follows from its size and the number of divisions alone, never from which thread is free, so that the
// same number of divisions gives the same bits. There are as many as threads unless the caller has chosen a number, so that
// any number of threads gives the bits of one. Each thread takes consecutive parts, with as many divisions as threads part i
// thread i, so that a kernel finds in its core's cache what the one before left there. The caller takes over parts that a
// worker has not begun, so that it never waits for a thread the system has put to sleep; and while the workers serve another
// caller (a second worker_thread), a caller computes all parts itself.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "ranges.h"

#if defined(__wasm__)
#include "wasm/pool.h"
#else

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace blastrain {

inline void Pause() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

class Pool {
 public:
  static constexpr int kMax = 256;

  // Never destroyed, as threads may still wait on it when the process ends.
  static Pool& Shared() {
    static Pool* const pool = new Pool;
    return *pool;
  }

  int Threads() const { return threads_.load(std::memory_order_relaxed); }
  void SetThreads(int threads) {
    chosen_.store(true, std::memory_order_relaxed);
    threads_.store(std::clamp(threads, 1, kMax), std::memory_order_relaxed);
  }
  // Lowers the number of threads to `max`, unless SetThreads has set one.
  void LimitDefault(int max) {
    if (!chosen_.load(std::memory_order_relaxed)) threads_.store(std::clamp(max, 1, Threads()), std::memory_order_relaxed);
  }

  // Into how many parts kernels called from this thread divide their work, at most; as many as threads unless it was set. A
  // number of each calling thread, as trainings in several worker_threads may each have their own.
  int Divisions() const { return divisions_ > 0 ? divisions_ : Threads(); }
  // 0 for the number of threads.
  static void SetDivisions(int divisions) { divisions_ = std::clamp(divisions, 0, kMax); }

  // Runs part(i) for all i in [0, parts), parts <= kMax, and returns when all are done.
  template <typename Part>
  void Run(int parts, const Part& part) {
    const int threads = std::min(parts, Threads());
    if (threads > 1 && busy_.try_lock()) {
      const std::lock_guard<std::mutex> lock(busy_, std::adopt_lock);
      if (threads == parts) return RunShared(parts, [](const void* job, int i) { (*static_cast<const Part*>(job))(i); }, &part);
      const auto several = [&](int thread) {
        const Ranges own(parts, threads);
        for (int64_t i = own.Begin(thread); i < own.End(thread); i++) part(int(i));
      };
      RunShared(threads, [](const void* job, int i) { (*static_cast<const decltype(several)*>(job))(i); }, &several);
    } else {
      for (int i = 0; i < parts; i++) part(i);
    }
  }

 private:
  using Function = void (*)(const void* job, int i);

  // How long a worker spins before it sleeps: longer than a training step's pauses between kernels.
  static constexpr std::chrono::microseconds kSpinTime{100};

  struct alignas(128) Thread {
    std::atomic<bool> offered{false};
    std::atomic<bool> asleep{false};
    std::mutex mutex;
    std::condition_variable wake;

    // Claims the offered part; false if there is none or another thread has claimed it.
    bool Take() { return offered.load(std::memory_order_relaxed) && offered.exchange(false, std::memory_order_acquire); }
  };

  void RunShared(int parts, Function function, const void* job) {
    while (started_ < parts) Start(started_++);
    function_ = function;
    job_ = job;
    unfinished_.store(parts - 1, std::memory_order_relaxed);
    for (int i = 1; i < parts; i++) Offer(*pool_[i]);
    function(job, 0);
    for (int i = 1; i < parts; i++) {
      if (!pool_[i]->Take()) continue;
      function(job, i);
      unfinished_.fetch_sub(1, std::memory_order_relaxed);
    }
    for (int spins = 0; unfinished_.load(std::memory_order_acquire) > 0; spins++) {
      if (spins < 1000) Pause();
      else std::this_thread::yield();
    }
  }

  static void Offer(Thread& thread) {
    // Sequentially consistent, as in Wait: either this sees that the thread sleeps, or the thread sees the offer.
    thread.offered.store(true);
    if (!thread.asleep.load()) return;
    const std::lock_guard<std::mutex> lock(thread.mutex);
    thread.wake.notify_one();
  }

  void Start(int i) {
    if (i == 0) return;  // The caller.
    pool_[i] = std::make_unique<Thread>();
    std::thread([this, i, &thread = *pool_[i]] {
      for (;;) {
        Wait(thread);
        if (!thread.Take()) continue;
        function_(job_, i);
        unfinished_.fetch_sub(1, std::memory_order_release);
      }
    }).detach();
  }

  static void Wait(Thread& thread) {
    const auto until = std::chrono::steady_clock::now() + kSpinTime;
    do {
      for (int spins = 0; spins < 64; spins++) {
        if (thread.offered.load(std::memory_order_relaxed)) return;
        Pause();
      }
    } while (std::chrono::steady_clock::now() < until);
    std::unique_lock<std::mutex> lock(thread.mutex);
    thread.asleep.store(true);
    thread.wake.wait(lock, [&thread] { return thread.offered.load(); });
    thread.asleep.store(false);
  }

  static inline thread_local int divisions_ = 0;
  std::atomic<int> threads_{kMax};
  std::atomic<bool> chosen_{false};
  std::mutex busy_;
  // What follows is guarded by busy_; a worker reads it only while it runs a part that it has claimed.
  std::unique_ptr<Thread> pool_[kMax];
  int started_ = 0;
  Function function_ = nullptr;
  const void* job_ = nullptr;
  std::atomic<int> unfinished_{0};
};

}  // namespace blastrain

#endif

namespace blastrain {

// Grain sizes: fewer elements than this are not worth a thread of their own, for loops bound by memory and for loops of
// arithmetic such as exp.
inline constexpr int64_t kMemoryGrain = 32768;
inline constexpr int64_t kComputeGrain = 4096;
// Products of fewer multiplications than this run on one thread, which takes less time than dividing them.
inline constexpr int64_t kMinParallelProduct = 1 << 17;

// Into how many ranges a loop is divided: at most one for each division; or by its size alone, so that sums, which are added
// range by range, have the same bits whatever the number of divisions.
enum class SplitBy { kDivisions, kSize };

// Elements of two cache lines.
inline constexpr int64_t kTwoLines = 32;

// [0, n) in ranges of at least `grain` elements each, as many as `by` allows.
struct Partition : Ranges {
  Partition(int64_t n, int64_t grain, int64_t step = kTwoLines, SplitBy by = SplitBy::kDivisions)
      : Ranges(n, std::clamp<int64_t>(n / std::max<int64_t>(1, grain), 1, Max(by)), step) {}

  static int64_t Max(SplitBy by) { return by == SplitBy::kSize ? Pool::kMax : Pool::Shared().Divisions(); }
};

// m rows of n elements each, in ranges of rows of at least `grain` elements.
inline Partition Rows(int64_t m, int64_t n, int64_t grain, SplitBy by = SplitBy::kDivisions) {
  return Partition(m, (grain + n) / std::max<int64_t>(1, n), 1, by);
}

// Runs work(begin, end) for each range, on all threads.
template <typename Work>
void Split(const Partition& partition, const Work& work) {
  Pool::Shared().Run(partition.count, [&](int i) { work(partition.Begin(i), partition.End(i)); });
}

// Folds work(begin, end) of all ranges with `add`, from first to last. Threads share the ranges evenly.
template <typename Work, typename Add>
double Reduce(const Partition& partition, const Work& work, const Add& add) {
  double results[Pool::kMax];
  Split({partition.count, 1, 1}, [&](int64_t first, int64_t end) {
    for (int64_t i = first; i < end; i++) results[i] = work(partition.Begin(i), partition.End(i));
  });
  double result = results[0];
  for (int i = 1; i < partition.count; i++) result = add(result, results[i]);
  return result;
}

template <typename Work>
double Sum(const Partition& partition, const Work& work) {
  return Reduce(partition, work, [](double a, double b) { return a + b; });
}

// The norm of the whole from work's norms of the ranges. NaN counts above an infinity, which std::hypot would return of the
// two.
template <typename Work>
double Norm(const Partition& partition, const Work& work) {
  return Reduce(partition, work, [](double a, double b) { return std::isnan(a + b) ? a + b : std::hypot(a, b); });
}

}  // namespace blastrain
