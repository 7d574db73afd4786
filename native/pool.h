// The threads that all kernels share: the caller and some that wait beside it. OpenBLAS itself is left with one thread, as
// two pools on the same cores fight each other, and as its own splitting leaves skinny products to one core.
//
// Work is cut into parts by its size and the number of threads alone, never by who is free: the same number of threads gives
// the same bits. Part i belongs to thread i, so that what one kernel left in a core's cache the next one finds there. But
// the caller takes over what a thread has not begun, so nobody ever waits for one that the system has put to sleep; and
// where the threads serve another caller (a second worker_thread), it does all parts itself.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "stretches.h"

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

  // Lives as long as the process: threads that still wait at its end must not find it destroyed.
  static Pool& Shared() {
    static Pool* const pool = new Pool;
    return *pool;
  }

  int Threads() const { return threads_.load(std::memory_order_relaxed); }
  void SetThreads(int threads) {
    chosen_.store(true, std::memory_order_relaxed);
    threads_.store(std::clamp(threads, 1, kMax), std::memory_order_relaxed);
  }
  // At most so many, until a number is set: what is set by someone stays.
  void LimitDefault(int most) {
    if (!chosen_.load(std::memory_order_relaxed)) threads_.store(std::clamp(most, 1, Threads()), std::memory_order_relaxed);
  }

  // Runs part(i) for all i in [0, parts), parts <= Threads(), and returns when all are done.
  template <typename Part>
  void Run(int parts, const Part& part) {
    if (parts > 1 && busy_.try_lock()) {
      const std::lock_guard<std::mutex> lock(busy_, std::adopt_lock);
      Share(parts, [](const void* job, int i) { (*static_cast<const Part*>(job))(i); }, &part);
    } else {
      for (int i = 0; i < parts; i++) part(i);
    }
  }

 private:
  using Function = void (*)(const void* job, int i);

  // How long a thread looks for its next part before it sleeps: longer than what a training step does between two kernels.
  static constexpr std::chrono::microseconds kPatience{100};

  struct alignas(128) Thread {
    std::atomic<bool> offered{false};
    std::atomic<bool> asleep{false};
    std::mutex mutex;
    std::condition_variable wake;

    // Whether the part that was offered is now the one's who asks.
    bool Take() { return offered.load(std::memory_order_relaxed) && offered.exchange(false, std::memory_order_acquire); }
  };

  void Share(int parts, Function function, const void* job) {
    while (started_ < parts) Start(started_++);
    function_ = function;
    job_ = job;
    left_.store(parts - 1, std::memory_order_relaxed);
    for (int i = 1; i < parts; i++) Offer(*pool_[i]);
    function(job, 0);
    for (int i = 1; i < parts; i++) {
      if (!pool_[i]->Take()) continue;
      function(job, i);
      left_.fetch_sub(1, std::memory_order_relaxed);
    }
    for (int spins = 0; left_.load(std::memory_order_acquire) > 0; spins++) {
      if (spins < 1000) Pause();
      else std::this_thread::yield();
    }
  }

  static void Offer(Thread& thread) {
    // Sequentially consistent, as in Wait: either this sees the sleeper or the sleeper sees the offer.
    thread.offered.store(true);
    if (!thread.asleep.load()) return;
    const std::lock_guard<std::mutex> lock(thread.mutex);
    thread.wake.notify_one();
  }

  void Start(int i) {
    if (i == 0) return;  // That is the caller.
    pool_[i] = std::make_unique<Thread>();
    std::thread([this, i, &thread = *pool_[i]] {
      for (;;) {
        Wait(thread);
        if (!thread.Take()) continue;
        function_(job_, i);
        left_.fetch_sub(1, std::memory_order_release);
      }
    }).detach();
  }

  static void Wait(Thread& thread) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
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

  std::atomic<int> threads_{kMax};
  std::atomic<bool> chosen_{false};
  std::mutex busy_;
  // What follows belongs to the holder of busy_, but for what a taken part shows its thread.
  std::unique_ptr<Thread> pool_[kMax];
  int started_ = 0;
  Function function_ = nullptr;
  const void* job_ = nullptr;
  std::atomic<int> left_{0};
};

// How many elements are worth a thread of their own: of a loop that moves memory, and of one that computes powers.
inline constexpr int64_t kMoved = 32768;
inline constexpr int64_t kComputed = 4096;
// Fewer multiplications of a product than this take less time than sharing them.
inline constexpr int64_t kLeastProduct = 1 << 17;

// How many stretches there are at most: a stretch for each thread; or as many as fit, so that sums, which are added stretch by
// stretch, have the same bits whatever the number of threads.
enum class Cut { kByThreads, kBySize };

// Elements of two cache lines.
inline constexpr int64_t kTwoLines = 32;

// Stretches of at least `least`: as many as the cut allows, or as fit.
struct Partition : Stretches {
  Partition(int64_t n, int64_t least, int64_t step = kTwoLines, Cut cut = Cut::kByThreads)
      : Stretches(n, std::clamp<int64_t>(n / std::max<int64_t>(1, least), 1, Most(cut)), step) {}

  static int64_t Most(Cut cut) { return cut == Cut::kBySize ? Pool::kMax : Pool::Shared().Threads(); }
};

// Of rows of n elements each, at least `least` elements to a stretch.
inline Partition Rows(int64_t m, int64_t n, int64_t least, Cut cut = Cut::kByThreads) {
  return Partition(m, (least + n) / std::max<int64_t>(1, n), 1, cut);
}

// work(begin, end) for each stretch.
template <typename Work>
void Split(const Partition& partition, const Work& work) {
  Pool::Shared().Run(partition.count, [&](int i) { work(partition.Begin(i), partition.End(i)); });
}

// What add makes of the numbers work(begin, end) of all stretches, from first to last. Threads share the stretches evenly.
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

// Of the norms of stretches, that of the whole. hypot of an infinity and a NaN is infinite; the norm is NaN.
template <typename Work>
double Norm(const Partition& partition, const Work& work) {
  return Reduce(partition, work, [](double a, double b) { return std::isnan(a + b) ? a + b : std::hypot(a, b); });
}

}  // namespace blastrain
