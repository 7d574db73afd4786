// The one thread of a process that calls MPI, and the queue of collectives that it serves in order. Ranks must put the same collectives into
// their queues in the same order; whoever waits for one blocks on a condition variable.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <dlfcn.h>
#include <unistd.h>

#include "collectives.h"

namespace blastrain::mpi {

enum class Kind { kFloat32, kFloat64, kBfloat16, kBroadcast, kGather, kFinalize };

struct Task {
  Kind kind;
  void* data;
  int64_t count;
  bool is_patient;
};

// Ends the process, whatever it hangs in, unless it is disarmed in time.
class Deadline {
 public:
  Deadline(double seconds, std::string sentence) : state_(std::make_shared<State>()) {
    std::thread([state = state_, seconds, sentence = std::move(sentence)] {
      std::unique_lock<std::mutex> lock(state->mutex);
      if (state->changed.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return state->is_disarmed; })) return;
      if (!sentence.empty()) std::fprintf(stderr, "blastrain: %s [ERR_CLUSTER]\n", sentence.c_str());
      _exit(1);
    }).detach();
  }
  ~Deadline() {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->is_disarmed = true;
    state_->changed.notify_all();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_disarmed = false;
  };
  std::shared_ptr<State> state_;
};

// As mpi4py does: the plug-ins that MPI loads look for its symbols among the global ones, where an addon's libraries are not.
inline std::string MakeSymbolsGlobal() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&MPI_Init_thread), &info) == 0 || info.dli_fname == nullptr) return "";
  dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
  return info.dli_fname;
}

class Engine {
 public:
  struct Stats {
    double busy = 0;    // seconds in which the MPI thread served collectives
    double waited = 0;  // seconds in which others waited for it
    int64_t served = 0;
    int64_t bytes = 0;
  };

  // One for the process, never destroyed, as its thread outlives everything else.
  static Engine& Get() {
    static Engine* engine = new Engine;
    return *engine;
  }

  // Starts the thread, unless it runs. MPI can be initialised once in a process.
  void Start(double watchdog) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_started_) return;
    is_started_ = true;
    watchdog_ = watchdog;
    std::atexit([] { Get().AtExit(); });
    // Signals are for Node.js, whose handlers run on its threads.
    sigset_t all, before;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([this] { Run(); }).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  // Waits until MPI is initialised; throws Failure.
  const Link& Opened() {
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [&] { return is_open_ || !failure_.empty() || is_finalized_; });
    Refuse();
    return link_;
  }

  int64_t Add(const Task& task) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Refuse();
    queue_.push_back(task);
    added_.notify_one();
    return ++given_;
  }

  void Wait(int64_t ticket) {
    const Clock::time_point start = Clock::now();
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [&] { return stats_.served >= ticket || !failure_.empty(); });
    stats_.waited += SecondsSince(start);
    if (stats_.served < ticket) throw Failure{failure_};
  }

  // When all ranks have come here, MPI_Finalize.
  void Finalize() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!is_started_ || is_finalized_) return;
    }
    Wait(Add({Kind::kFinalize, nullptr, 0, true}));
  }

  // Ends all ranks with this status. Does not return.
  [[noreturn]] void Abort(int status) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      abort_status_ = status;
      if (is_started_ && !is_finalized_) link_.abort_requested = true;
      added_.notify_one();
    }
    if (link_.abort_requested) std::this_thread::sleep_for(std::chrono::duration<double>(kAbortSeconds + silence_seconds_));
    _exit(status);
  }

  Stats stats() {
    const std::lock_guard<std::mutex> lock(mutex_);
    Stats stats = stats_;
    stats.bytes = link_.bytes_sent;
    return stats;
  }

  bool is_running() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return is_started_ && !is_finalized_;
  }

 private:
  static constexpr double kAbortSeconds = 5;
  // A launcher that is told to end the ranks of a host which is cut off waits for it without end; left alone, it notices first that the host is gone.
  static constexpr double kLauncherSeconds = 15;
  // Processes that start at the same time on few cores need long for it.
  static constexpr double kLeastInitSeconds = 60;
  // How long whoever is told of a failure has for a sentence of its own.
  static constexpr double kReportSeconds = 10;

  void Run() {
    try {
      Init();
      while (Serve()) {}
    } catch (const Failure& failure) {
      if (link_.abort_requested) AbortMpi();
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        failure_ = failure.sentence;
        if (failure.is_silence) silence_seconds_ = std::min(kLauncherSeconds, 5 * watchdog_);
        done_.notify_all();
      }
      // Others may still ask who answers, and whoever reports the failure calls Abort.
      const Clock::time_point start = Clock::now();
      while (SecondsSince(start) < kReportSeconds && !link_.abort_requested) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (!link_.abort_requested) std::fprintf(stderr, "blastrain: %s [ERR_CLUSTER]\n", failure.sentence.c_str());
      AbortMpi();
    }
  }

  void Init() {
    const Deadline deadline(std::max(watchdog_, kLeastInitSeconds), "Expected MPI_Init_thread to end but it still waits for other ranks");
    MakeSymbolsGlobal();
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    is_initialized_ = true;
    link_.Open(watchdog_);
    const std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = true;
    done_.notify_all();
  }

  // Serves one task, or answers questions while there is none. Returns false after the last.
  bool Serve() {
    Task task;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (!added_.wait_for(lock, std::chrono::milliseconds(20), [&] { return !queue_.empty() || link_.abort_requested; }) || queue_.empty()) {
        lock.unlock();
        link_.Poll();
        return true;
      }
      task = queue_.front();
      queue_.pop_front();
    }
    const Clock::time_point start = Clock::now();
    link_.SetPatient(task.is_patient);
    Do(task);
    const std::lock_guard<std::mutex> lock(mutex_);
    stats_.busy += SecondsSince(start);
    stats_.served++;
    link_.SetServed(stats_.served);
    is_finalized_ = task.kind == Kind::kFinalize;
    done_.notify_all();
    return !is_finalized_;
  }

  void Do(const Task& task) {
    switch (task.kind) {
      case Kind::kFloat32: return collectives_.Sum<Exact<float>>(static_cast<float*>(task.data), task.count);
      case Kind::kFloat64: return collectives_.Sum<Exact<double>>(static_cast<double*>(task.data), task.count);
      case Kind::kBfloat16: return collectives_.Sum<Bfloat16>(static_cast<float*>(task.data), task.count);
      case Kind::kBroadcast: return collectives_.Broadcast(static_cast<char*>(task.data), task.count);
      case Kind::kGather: return collectives_.Gather(static_cast<char*>(task.data), task.count / link_.size());
      case Kind::kFinalize: {
        // A barrier of our own first, which answers and asks; in MPI_Finalize nobody would.
        double nothing = 0;
        collectives_.Sum<Exact<double>>(&nothing, 1);
        const Deadline deadline(std::max(watchdog_, kAbortSeconds), "Expected MPI_Finalize to end but it still waits for other ranks");
        link_.Close();
        MPI_Finalize();
      }
    }
  }

  [[noreturn]] void AbortMpi() {
    std::this_thread::sleep_for(std::chrono::duration<double>(silence_seconds_));
    // Without an answer from the launcher, this process at least ends.
    const Deadline deadline(kAbortSeconds, "");
    int status;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      status = abort_status_;
    }
    if (is_initialized_) MPI_Abort(MPI_COMM_WORLD, status);
    _exit(status);
  }

  // A process that ends on its own would leave the others waiting, or be taken for a success: with MPICH its status is 0.
  void AtExit() {
    if (!is_running()) return;
    std::fprintf(stderr, "blastrain: Expected all ranks to end together but %s ended before [ERR_CLUSTER]\n", is_open_ ? link_.Name(link_.rank()).c_str() : "one");
    Abort(1);
  }

  // With the lock held.
  void Refuse() const {
    if (!failure_.empty()) throw Failure{failure_};
    if (!is_started_ || is_finalized_) throw Failure{"Expected a cluster that is joined for a collective but received one that is left"};
  }

  std::mutex mutex_;
  std::condition_variable added_;
  std::condition_variable done_;
  std::deque<Task> queue_;
  int64_t given_ = 0;
  Stats stats_;
  std::string failure_;
  bool is_started_ = false;
  bool is_open_ = false;
  bool is_finalized_ = false;
  std::atomic<bool> is_initialized_{false};
  std::atomic<double> silence_seconds_{0};
  int abort_status_ = 1;
  double watchdog_ = 60;
  Link link_;
  Collectives collectives_{link_};
};

}  // namespace blastrain::mpi
