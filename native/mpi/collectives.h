// Collectives along a binary tree over the ranks. Of P ranks, p ≤ P < 2p with p a power of two, the first 2p − P are nodes of a level with p nodes, and the
// others in pairs, so that each rank holds an aligned block of the leaves (3 ranks: 2, 1, 1; as lib/cluster/rankExchange.ts counts shards). The second of a pair
// gives to the first what it has, which then does as a power of two of ranks does, and passes on the result.
#pragma once

#include <vector>

#include "link.h"
#include "numbers.h"

namespace blastrain::mpi {

class Collectives {
 public:
  explicit Collectives(Link& link) : link_(link) {}

  // x[n] ← the sum over the ranks' x, the same bits on all: ((x0 + x1) + (x2 + x3)) + … where they are a power of two. What is short is doubled whole, in the same order.
  template <typename Numbers>
  void Sum(typename Numbers::Value* x, int64_t n) {
    using Sent = typename Numbers::Sent;
    const Place place(link_.rank(), link_.size());
    const bool is_paired = place.partner >= 0;
    Sent* received = Scratch<Sent>(received_, is_paired ? n : 0);
    if (place.is_second) {
      SwapSums<Numbers>(place.partner, x, n, received, 0, [](int64_t, int64_t) {});
    } else {
      if (is_paired) SwapSums<Numbers>(place.partner, x, 0, received, n, [&](int64_t from, int64_t count) { Numbers::Add(x + from, received + from, count); });
      if (n * static_cast<int64_t>(sizeof(Sent)) <= kShortBytes || n < place.nodes) SumShort<Numbers>(place, x, n);
      else SumLong<Numbers>(place, x, n);
    }
    if (!is_paired) return;
    Sent* total = Numbers::kIsPacked ? received : reinterpret_cast<Sent*>(x);
    const int64_t given = place.is_second ? 0 : n;
    SwapSums<Numbers>(place.partner, x, given, total, n - given, [&](int64_t from, int64_t count) { Numbers::Unpack(total + from, x + from, count); });
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
    const Place place(link_.rank(), link_.size());
    if (place.is_second) return link_.Swap(place.partner, all + link_.rank() * bytes, bytes, all, link_.size() * bytes, [](int64_t, int64_t) {});
    if (place.partner >= 0) link_.Receive(place.partner, all + place.partner * bytes, bytes);
    for (int distance = 1; distance < place.nodes; distance *= 2) {
      const int own = place.node / distance * distance, other = own ^ distance;
      const int64_t from = place.FirstRank(own), to = place.FirstRank(own + distance), other_from = place.FirstRank(other), other_to = place.FirstRank(other + distance);
      link_.Swap(place.FirstRank(place.node ^ distance), all + from * bytes, (to - from) * bytes, all + other_from * bytes, (other_to - other_from) * bytes, [](int64_t, int64_t) {});
    }
    if (place.partner >= 0) link_.Send(place.partner, all, link_.size() * bytes);
  }

 private:
  static constexpr int64_t kShortBytes = 8 * 1024;

  struct Part {
    int64_t from, to;
    int64_t length() const { return to - from; }
  };

  // Where a rank is in the tree.
  struct Place {
    Place(int rank, int size) {
      while (2 * nodes <= size) nodes *= 2;
      alone = 2 * nodes - size;
      node = rank < alone ? rank : alone + (rank - alone) / 2;
      is_second = rank > FirstRank(node);
      if (rank >= alone) partner = is_second ? rank - 1 : rank + 1;
    }
    int FirstRank(int of) const { return of < alone ? of : 2 * of - alone; }
    int nodes = 1;     // of the level at which ranks or pairs of them are nodes
    int alone;         // how many of these are ranks
    int node;          // this rank's
    bool is_second;    // of a pair
    int partner = -1;  // in a pair
  };

  // By recursive halving and doubling (Thakur, Rabenseifner and Gropp 2005, section 4.2), whose partners are at distance 1, 2, 4, …: after step k a node has,
  // of its part, the sum over its aligned block of 2^(k+1) nodes, and a + b = b + a to the bit.
  template <typename Numbers>
  void SumLong(const Place& place, typename Numbers::Value* x, int64_t n) {
    using Sent = typename Numbers::Sent;
    Part part{0, n};
    std::vector<Part> whole;
    for (int distance = 1; distance < place.nodes; distance *= 2) {
      const int peer = place.node ^ distance;
      const int64_t middle = part.from + (part.to - part.from) / 2;
      const Part lower{part.from, middle}, upper{middle, part.to};
      const bool is_lower = place.node < peer;
      const Part& kept = is_lower ? lower : upper;
      const Part& given = is_lower ? upper : lower;
      Sent* received = Scratch<Sent>(received_, kept.length());
      typename Numbers::Value* own = x + kept.from;
      SwapSums<Numbers>(place.FirstRank(peer), x + given.from, given.length(), received, kept.length(), [&](int64_t from, int64_t count) {
        Numbers::Add(own + from, received + from, count);
      });
      whole.push_back(part);
      part = kept;
    }
    Numbers::Round(x + part.from, part.length());
    for (int distance = place.nodes / 2; distance >= 1; distance /= 2) {
      const int peer = place.node ^ distance;
      const Part all = whole.back();
      whole.pop_back();
      const Part other = part.from == all.from ? Part{part.to, all.to} : Part{all.from, part.from};
      Sent* received = Numbers::kIsPacked ? Scratch<Sent>(received_, other.length()) : reinterpret_cast<Sent*>(x + other.from);
      SwapSums<Numbers>(place.FirstRank(peer), x + part.from, part.length(), received, other.length(), [&](int64_t from, int64_t count) {
        Numbers::Unpack(received + from, x + other.from + from, count);
      });
      part = all;
    }
  }

  template <typename Numbers>
  void SumShort(const Place& place, typename Numbers::Value* x, int64_t n) {
    using Sent = typename Numbers::Sent;
    Sent* received = Scratch<Sent>(received_, n);
    for (int distance = 1; distance < place.nodes; distance *= 2) {
      SwapSums<Numbers>(place.FirstRank(place.node ^ distance), x, n, received, n, [](int64_t, int64_t) {});
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
