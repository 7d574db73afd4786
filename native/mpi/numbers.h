// What numbers are in memory and what they are on the wire. A node of the tree of sums is `Add` of its two children, whichever rank holds them,
// so that sums have the same bits whatever the number of ranks.
#pragma once

#include <cstdint>
#include <cstring>

namespace blastrain::mpi {

// Numbers that travel as they are. A node is left + right.
template <typename T>
struct Exact {
  using Value = T;
  using Sent = T;
  static constexpr bool kIsPacked = false;
  static void Pack(const T*, T*, int64_t) {}
  static void Unpack(const T*, T*, int64_t) {}
  static void Add(T* x, const T* received, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] += received[i];
  }
  static void Round(T*, int64_t) {}
};

// float32 that travels as bfloat16. A node is round(left) + round(right) in float32, and the total is rounded too, as it is sent to all.
struct Bfloat16 {
  using Value = float;
  using Sent = uint16_t;
  static constexpr bool kIsPacked = true;

  // To the nearest, of two to the even one; NaN stays NaN. As toBfloat16 of lib/train/bfloat16.ts.
  static uint16_t Narrow(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const uint32_t nan = (bits >> 16) | 0x40;
    return static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
  }
  static float Widen(uint16_t half) {
    const uint32_t bits = static_cast<uint32_t>(half) << 16;
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  }
  static void Pack(const float* x, uint16_t* sent, int64_t n) {
    for (int64_t i = 0; i < n; i++) sent[i] = Narrow(x[i]);
  }
  static void Unpack(const uint16_t* received, float* x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = Widen(received[i]);
  }
  static void Add(float* x, const uint16_t* received, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = Widen(Narrow(x[i])) + Widen(received[i]);
  }
  static void Round(float* x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = Widen(Narrow(x[i]));
  }
};

}  // namespace blastrain::mpi
