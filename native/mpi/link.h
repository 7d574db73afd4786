// Messages between the MPI threads of the ranks. Nothing here blocks in MPI: every wait is a loop of tests, in which the thread also answers
// other ranks' questions, looks whether the process wants to end, and asks those who keep it waiting.
//
// A rank that has waited for half of the watchdog's seconds asks the rank that it waits for. An MPI thread always answers: what it waits for
// itself, or that its process has not come that far yet, as it computes. Who answers neither the question nor one along that chain is named at
// the end of the watchdog's seconds; who only computes has ten times as long, or without limit where the caller is patient.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <mpi.h>

namespace blastrain::mpi {

// Why the ranks cannot go on, as one sentence.
struct Failure {
  std::string sentence;
  bool is_silence = false;  // a rank gave no answer
};

using Clock = std::chrono::steady_clock;
inline double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

class Link {
 public:
  std::atomic<bool> abort_requested{false};
  std::atomic<int64_t> bytes_sent{0};

  // After MPI_Init_thread, on the same thread.
  void Open(double watchdog) {
    watchdog_ = watchdog;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    Check(MPI_Comm_dup(MPI_COMM_WORLD, &work_), -1);
    Check(MPI_Comm_dup(MPI_COMM_WORLD, &control_), -1);
    MPI_Comm_set_errhandler(work_, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(control_, MPI_ERRORS_RETURN);
    MPI_Comm_rank(work_, &rank_);
    MPI_Comm_size(work_, &size_);
    char own[kNameLength] = {};
    int length = 0;
    char name[MPI_MAX_PROCESSOR_NAME] = {};
    MPI_Get_processor_name(name, &length);
    std::copy_n(name, std::min<int>(length, kNameLength - 1), own);
    std::vector<char> names(static_cast<size_t>(size_) * kNameLength);
    Check(MPI_Allgather(own, kNameLength, MPI_CHAR, names.data(), kNameLength, MPI_CHAR, work_), -1);
    for (int r = 0; r < size_; r++) hosts_.emplace_back(&names[static_cast<size_t>(r) * kNameLength]);
    Listen();
  }

  // Before MPI_Finalize.
  void Close() {
    if (listening_ != MPI_REQUEST_NULL) {
      MPI_Cancel(&listening_);
      MPI_Wait(&listening_, MPI_STATUS_IGNORE);
    }
    // Unanswered questions would keep MPI_Finalize waiting.
    for (Outgoing& one : outgoing_) if (one.request != MPI_REQUEST_NULL) MPI_Request_free(&one.request);
  }

  int rank() const { return rank_; }
  int size() const { return size_; }
  const std::string& host(int rank) const { return hosts_[static_cast<size_t>(rank)]; }
  std::string Name(int rank) const { return "rank " + std::to_string(rank) + " on host " + host(rank); }

  // How many collectives are done, for answers and sentences.
  void SetServed(int64_t served) { served_ = served; }
  void SetPatient(bool patient) { patient_ = patient; }

  // Sends to one rank while it receives from the same one. `consume(from, bytes)` is called as parts arrive, in order.
  template <typename Consume>
  void Swap(int peer, const void* send, int64_t send_bytes, void* receive, int64_t receive_bytes, Consume&& consume) {
    Begin(peer, send, send_bytes, receive, receive_bytes);
    Patience patience(*this, peer);
    for (size_t i = 0; i < receives_.size(); i++) {
      Wait(receives_[i].request, patience);
      consume(receives_[i].from, receives_[i].bytes);
    }
    for (Part& part : sends_) Wait(part.request, patience);
    bytes_sent += send_bytes;
  }

  void Send(int peer, const void* data, int64_t bytes) { Swap(peer, data, bytes, nullptr, 0, [](int64_t, int64_t) {}); }
  void Receive(int peer, void* data, int64_t bytes) { Swap(peer, nullptr, 0, data, bytes, [](int64_t, int64_t) {}); }

  // Answers questions; throws where the process wants to end. To be called again and again, also while there is nothing to do.
  void Poll() {
    if (abort_requested) throw Failure{""};
    for (;;) {
      int arrived = 0;
      MPI_Status status;
      Check(MPI_Test(&listening_, &arrived, &status), -1);
      if (arrived == 0) break;
      const Note note = incoming_;
      const int from = status.MPI_SOURCE;
      Listen();
      if (note.kind == kQuestion) {
        Post(from, {kAnswer, waits_for_, served_});
      } else {
        answer_from_ = from;
        answer_ = note;
      }
    }
    for (Outgoing& one : outgoing_) {
      int done;
      if (one.request != MPI_REQUEST_NULL) MPI_Test(&one.request, &done, MPI_STATUS_IGNORE);
    }
  }

 private:
  static constexpr int kNameLength = 128;
  static constexpr int kTag = 1;
  static constexpr int kNobody = -1;
  static constexpr int kQuestion = 0, kAnswer = 1;
  // Parts of a message, so that those that have arrived are added while others travel.
  static constexpr int64_t kPartBytes = 512 * 1024;
  static constexpr int kMostParts = 16;

  struct Note {
    int32_t kind;
    int32_t waits_for;
    int64_t served;
  };
  struct Part {
    int64_t from;
    int64_t bytes;
    MPI_Request request;
  };
  struct Outgoing {
    Note note{};
    MPI_Request request = MPI_REQUEST_NULL;
  };

  // One wait: when it began, and whom it has asked.
  struct Patience {
    Patience(Link& link, int peer) : link(link), suspect(peer) { link.waits_for_ = peer; }
    ~Patience() { link.waits_for_ = kNobody; }
    Link& link;
    Clock::time_point start = Clock::now();
    int suspect;
    bool has_asked = false;
    Clock::time_point asked_at{};
    // Since when the suspect is known to be alive; it is silent again once it has been asked anew.
    Clock::time_point alive_at = start;
  };

  void Listen() {
    Check(MPI_Irecv(&incoming_, sizeof incoming_, MPI_BYTE, MPI_ANY_SOURCE, kTag, control_, &listening_), -1);
  }

  void Post(int to, const Note& note) {
    for (Outgoing& one : outgoing_) {
      if (one.request != MPI_REQUEST_NULL) continue;
      one.note = note;
      MPI_Isend(&one.note, sizeof one.note, MPI_BYTE, to, kTag, control_, &one.request);
      return;
    }
    // All are under way to ranks that do not take them; whoever asked asks again.
  }

  void Begin(int peer, const void* send, int64_t send_bytes, void* receive, int64_t receive_bytes) {
    Cut(receives_, receive_bytes);
    for (Part& part : receives_) {
      Check(MPI_Irecv(static_cast<char*>(receive) + part.from, static_cast<int>(part.bytes), MPI_BYTE, peer, kTag, work_, &part.request), peer);
    }
    Cut(sends_, send_bytes);
    for (Part& part : sends_) {
      Check(MPI_Isend(static_cast<const char*>(send) + part.from, static_cast<int>(part.bytes), MPI_BYTE, peer, kTag, work_, &part.request), peer);
    }
  }

  static void Cut(std::vector<Part>& parts, int64_t bytes) {
    parts.clear();
    // Multiples of 64 bytes, so that no number is cut.
    const int64_t most = (std::max(kPartBytes, (bytes + kMostParts - 1) / kMostParts) + 63) / 64 * 64;
    for (int64_t from = 0; from < bytes; from += most) parts.push_back({from, std::min(most, bytes - from), MPI_REQUEST_NULL});
  }

  // Spins for a moment, then gives way, then sleeps: the cores belong to the threads that compute.
  void Wait(MPI_Request& request, Patience& patience) {
    const Clock::time_point start = Clock::now();
    for (int64_t turn = 0;; turn++) {
      int done = 0;
      Check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), patience.suspect);
      if (done != 0) return;
      if (turn % 16 == 15) {
        Poll();
        Judge(patience);
      }
      const double waited = SecondsSince(start);
      if (waited > 200e-6) std::this_thread::sleep_for(std::chrono::microseconds(waited > 5e-3 ? 100 : 20));
      else if (waited > 20e-6) std::this_thread::yield();
    }
  }

  void Judge(Patience& p) {
    if (answer_from_ == p.suspect) {
      p.alive_at = Clock::now();
      p.has_asked = false;
      // Along the chain, unless it leads back to this rank: then the collectives differ, and who is next times out.
      if (answer_.waits_for != kNobody && answer_.waits_for != rank_) p.suspect = answer_.waits_for;
      answer_from_ = kNobody;
    }
    const double waited = SecondsSince(p.start);
    if (waited < watchdog_ / 2) return;
    if (!p.has_asked && SecondsSince(p.asked_at) > std::min(1.0, watchdog_ / 8)) {
      p.has_asked = true;
      p.asked_at = Clock::now();
      Post(p.suspect, {kQuestion, kNobody, served_});
    }
    if (SecondsSince(p.alive_at) >= watchdog_) {
      throw Failure{"Expected an answer within " + Seconds(watchdog_) + " for collective " + std::to_string(served_ + 1) + " but received none from " + Name(p.suspect), true};
    }
    if (!patient_ && waited >= 10 * watchdog_) {
      throw Failure{"Expected " + Name(p.suspect) + " to come to collective " + std::to_string(served_ + 1) + " within " + Seconds(10 * watchdog_) +
          " but received only that it is alive, after collective " + std::to_string(answer_.served)};
    }
  }

  static std::string Seconds(double seconds) {
    const std::string text = std::to_string(seconds);
    const size_t end = text.find_last_not_of('0');
    return text.substr(0, text[end] == '.' ? end : end + 1) + " s";
  }

  void Check(int status, int peer) const {
    if (status == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING] = {};
    int length = 0;
    MPI_Error_string(status, text, &length);
    const bool is_known = peer >= 0 && static_cast<size_t>(peer) < hosts_.size();
    throw Failure{"Expected messages to pass for " + (is_known ? Name(peer) : "the ranks") + " but received from MPI: " + std::string(text, static_cast<size_t>(length))};
  }

  MPI_Comm work_ = MPI_COMM_NULL;
  MPI_Comm control_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  double watchdog_ = 60;
  bool patient_ = false;
  std::vector<std::string> hosts_;
  std::vector<Part> sends_;
  std::vector<Part> receives_;
  Note incoming_{};
  MPI_Request listening_ = MPI_REQUEST_NULL;
  Outgoing outgoing_[64];
  Note answer_{};
  int answer_from_ = kNobody;
  int waits_for_ = kNobody;
  int64_t served_ = 0;
};

}  // namespace blastrain::mpi
