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
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <utility>

#include "ranges.h"
#include "waiting.h"
#if defined(__wasm__)
#include "wasm/frame.h"
#endif

namespace blastrain {

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
    RunAll(parts, [](const void* job, int begin, int end) {
      for (int i = begin; i < end; i++) (*static_cast<const Part*>(job))(i);
    }, &part);
  }

#if !defined(__wasm__)
  // With `on`, calls from this thread that it computes alone time the parts that each of as many threads as divisions would take. Returns the seconds that such
  // threads would have saved since the last call, had they nothing in common: all parts' but those of the slowest of each call.
  static double TimeParts(bool on) {
    timed_ = on;
    return std::exchange(saved_, 0.0);
  }
#endif

  // What the pool's i-th thread does, i > 0, for as long as it lives.
  [[noreturn]] void Work(int i) {
#if defined(__wasm__)
    worker_ = i;
#endif
    for (;;) {
      offers_[i].signal.Wait();
      if (!offers_[i].signal.Take()) continue;
      RunOwn(i);
#if defined(__wasm__)
      helped_.fetch_add(1, std::memory_order_relaxed);
#endif
      offers_[i].done.store(true, std::memory_order_release);
    }
  }

#if defined(__wasm__)
  // How often a thread of the pool has computed parts for a caller.
  int Helped() const { return helped_.load(std::memory_order_relaxed); }

  // For a thread whose part was ended by an error that JavaScript threw: its call then ends as one that found no memory.
  void Fail() {
    failed_.store(true, std::memory_order_relaxed);
    offers_[worker_].done.store(true, std::memory_order_release);
  }

  // For the caller whose call was ended so: returns when no thread computes for it any longer.
  void Settle() {
    if (!busy_.load(std::memory_order_relaxed)) return;
    for (int i = 1; i < started_; i++) {
      if (offers_[i].signal.Take()) offers_[i].done.store(true, std::memory_order_relaxed);
      else offers_[i].AwaitDone();
    }
    failed_.store(false, std::memory_order_relaxed);
    busy_.store(false, std::memory_order_release);
  }
#endif

 private:
  // Runs the parts from begin to end.
  using Function = void (*)(const void* job, int begin, int end);

  // Says to a thread that there is a part for it, and to the caller that it has done it. Each has lines of its own, as many threads that change one
  // number wait for each other.
  struct alignas(kApart) Offer {
    void AwaitDone() const {
      for (int turns = 0; !done.load(std::memory_order_acquire); turns++) Await(turns);
    }

    Signal signal;
    std::atomic<bool> done{true};
  };

  // Not a template, as what it takes to share parts would otherwise be compiled for each kernel.
  void RunAll(int parts, Function function, const void* job) {
    const int threads = std::min(parts, Threads());
    if (threads <= 1 || busy_.exchange(true, std::memory_order_acquire)) {
#if !defined(__wasm__)
      if (timed_) return RunTimed(parts, function, job);
#endif
      return function(job, 0, parts);
    }
    for (; started_ < threads; started_++) {
      StartThread(started_, [this, i = started_] { Work(i); });
    }
    function_ = function;
    job_ = job;
    own_ = Ranges(parts, threads);
    for (int i = 1; i < threads; i++) {
      offers_[i].done.store(false, std::memory_order_relaxed);
      offers_[i].signal.Set();
    }
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for (int i = 1; i < threads; i++) offers_[i].signal.Wake();
    RunOwn(0);
    for (int i = 1; i < threads; i++) {
      if (!offers_[i].signal.Take()) continue;
      RunOwn(i);
      offers_[i].done.store(true, std::memory_order_relaxed);
    }
    for (int i = 1; i < threads; i++) offers_[i].AwaitDone();
#if defined(__wasm__)
    if (failed_.load(std::memory_order_relaxed)) RefuseInJavaScript(kMemoryFull);
#endif
    busy_.store(false, std::memory_order_release);
  }

#if !defined(__wasm__)
  void RunTimed(int parts, Function function, const void* job) {
    using Clock = std::chrono::steady_clock;
    const Ranges own(parts, std::min(parts, Divisions()));
    double sum = 0, longest = 0;
    for (int64_t i = 0; i < own.count; i++) {
      const Clock::time_point start = Clock::now();
      function(job, int(own.Begin(i)), int(own.End(i)));
      const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
      sum += seconds;
      longest = std::max(longest, seconds);
    }
    saved_ += sum - longest;
  }
#endif

  // The parts of one thread.
  void RunOwn(int thread) { function_(job_, int(own_.Begin(thread)), int(own_.End(thread))); }

  static inline thread_local int divisions_ = 0;
#if defined(__wasm__)
  static inline thread_local int worker_ = 0;  // Which of the pool's threads this is.
#else
  static inline thread_local bool timed_ = false;
  static inline thread_local double saved_ = 0;
#endif
  std::atomic<int> threads_{kMax};
  std::atomic<bool> chosen_{false};
  // Whether a caller uses what follows; a worker reads it only while it runs a part that it has claimed.
  std::atomic<bool> busy_{false};
  Offer offers_[kMax];
  int started_ = 1;  // The caller is the first.
  Function function_ = nullptr;
  const void* job_ = nullptr;
  Ranges own_{0, 1};  // Of each thread.
#if defined(__wasm__)
  std::atomic<bool> failed_{false};
  std::atomic<int> helped_{0};
#endif
};

// Grain sizes: fewer elements than this are not worth a thread of their own, for loops bound by memory and for loops of
// arithmetic such as exp.
inline constexpr int64_t kMemoryGrain = 32768;
inline constexpr int64_t kComputeGrain = 4096;
// Products are divided into parts of at least so many multiplications, as dividing them further takes longer than it saves; those of fewer than two parts run
// on one thread.
inline constexpr int64_t kMinPartOfProduct = 1 << 16, kMinParallelProduct = 2 * kMinPartOfProduct;

// Into how many of at most `most` parts a product is divided.
inline int64_t PartsOfProduct(int64_t m, int64_t n, int64_t k, int64_t most) {
  return std::clamp<int64_t>(m * n * k / kMinPartOfProduct, 1, most);
}

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

// Runs work(row, end of rows, column, end of columns) for each part of a grid, on all threads.
template <typename Work>
void Split(const Grid& grid, const Work& work) {
  Pool::Shared().Run(int(grid.Count()), [&](int i) { grid.Visit(i, work); });
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
