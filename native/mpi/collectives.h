// Collectives of a power of two of ranks, along the binary tree whose leaves are the ranks.
#pragma once

#include <vector>

#include "link.h"
#include "numbers.h"

namespace blastrain::mpi {

class Collectives {
 public:
  explicit Collectives(Link& link) : link_(link) {}

  // x[n] ← the sum over the ranks' x, the same bits on all: ((x0 + x1) + (x2 + x3)) + … . By recursive halving and doubling (Thakur, Rabenseifner
  // and Gropp 2005, section 4.2), whose partners are at distance 1, 2, 4, …: after step k a rank has, of its part, the sum over its aligned block
  // of 2^(k+1) ranks, and a + b = b + a to the bit. What is short is doubled whole, in the same order.
  template <typename Numbers>
  void Sum(typename Numbers::Value* x, int64_t n) {
    using Sent = typename Numbers::Sent;
    const int rank = link_.rank(), size = link_.size();
    if (n * static_cast<int64_t>(sizeof(Sent)) <= kShortBytes || n < size) return SumShort<Numbers>(x, n);
    Part part{0, n};
    std::vector<Part> whole;
    for (int distance = 1; distance < size; distance *= 2) {
      const int peer = rank ^ distance;
      const int64_t middle = part.from + (part.to - part.from) / 2;
      const Part lower{part.from, middle}, upper{middle, part.to};
      const bool is_lower = rank < peer;
      const Part& kept = is_lower ? lower : upper;
      const Part& given = is_lower ? upper : lower;
      Sent* received = Scratch<Sent>(received_, kept.length());
      typename Numbers::Value* own = x + kept.from;
      SwapSums<Numbers>(peer, x + given.from, given.length(), received, kept.length(), [&](int64_t from, int64_t count) {
        Numbers::Add(own + from, received + from, count);
      });
      whole.push_back(part);
      part = kept;
    }
    Numbers::Round(x + part.from, part.length());
    for (int distance = size / 2; distance >= 1; distance /= 2) {
      const int peer = rank ^ distance;
      const Part all = whole.back();
      whole.pop_back();
      const Part other = part.from == all.from ? Part{part.to, all.to} : Part{all.from, part.from};
      Sent* received = Numbers::kIsPacked ? Scratch<Sent>(received_, other.length()) : reinterpret_cast<Sent*>(x + other.from);
      SwapSums<Numbers>(peer, x + part.from, part.length(), received, other.length(), [&](int64_t from, int64_t count) {
        Numbers::Unpack(received + from, x + other.from + from, count);
      });
      part = all;
    }
  }

  // Sends rank 0's bytes to all, along a binomial tree.
  void Broadcast(char* data, int64_t bytes) {
    const int rank = link_.rank(), size = link_.size();
    int distance = 1;
    for (; distance < size; distance *= 2) {
      if ((rank & distance) == 0) continue;
      link_.Receive(rank ^ distance, data, bytes);
      break;
    }
    for (distance /= 2; distance >= 1; distance /= 2) if ((rank | distance) < size && (rank | distance) != rank) link_.Send(rank | distance, data, bytes);
  }

  // all[size · bytes] ← what each rank gives at its place, on all ranks; a rank's own bytes are there already.
  void Gather(char* all, int64_t bytes) {
    const int rank = link_.rank();
    for (int distance = 1; distance < link_.size(); distance *= 2) {
      const int64_t own = rank / distance * distance, other = own ^ distance;
      link_.Swap(rank ^ distance, all + own * bytes, distance * bytes, all + other * bytes, distance * bytes, [](int64_t, int64_t) {});
    }
  }

 private:
  static constexpr int64_t kShortBytes = 8 * 1024;

  struct Part {
    int64_t from, to;
    int64_t length() const { return to - from; }
  };

  template <typename Numbers>
  void SumShort(typename Numbers::Value* x, int64_t n) {
    using Sent = typename Numbers::Sent;
    Sent* received = Scratch<Sent>(received_, n);
    for (int distance = 1; distance < link_.size(); distance *= 2) {
      SwapSums<Numbers>(link_.rank() ^ distance, x, n, received, n, [](int64_t, int64_t) {});
      // Only now, as x itself was on its way.
      Numbers::Add(x, received, n);
    }
    Numbers::Round(x, n);
  }

  template <typename Numbers, typename Consume>
  void SwapSums(int peer, const typename Numbers::Value* given, int64_t given_count, typename Numbers::Sent* received, int64_t received_count, Consume&& consume) {
    using Sent = typename Numbers::Sent;
    constexpr int64_t kBytes = sizeof(Sent);
    const void* sent = given;
    if (Numbers::kIsPacked) {
      Sent* packed = Scratch<Sent>(packed_, given_count);
      Numbers::Pack(given, packed, given_count);
      sent = packed;
    }
    link_.Swap(peer, sent, given_count * kBytes, received, received_count * kBytes, [&](int64_t from, int64_t bytes) { consume(from / kBytes, bytes / kBytes); });
  }

  template <typename Sent>
  Sent* Scratch(std::vector<char>& memory, int64_t count) {
    const size_t bytes = static_cast<size_t>(count) * sizeof(Sent);
    if (memory.size() < bytes) memory.resize(bytes);
    return reinterpret_cast<Sent*>(memory.data());
  }

  Link& link_;
  std::vector<char> received_;
  std::vector<char> packed_;
};

}  // namespace blastrain::mpi
