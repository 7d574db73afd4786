// Products of float32 at float32's accuracy on AMX, whose tiles take bfloat16: each factor is split in three, and six of the nine
// products of their parts count (docs/precision.md has the bound).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "bf16/product.h"
#include "kernels/loops.h"
#include "pool.h"

namespace blastrain::bf16 {

// Less depth than a block has leaves most of a tile empty.
inline constexpr int64_t kLeastDepth = kDepth;

// The largest of n magnitudes, as bits; that of an infinity or a NaN is above all others.
BLASTRAIN_KERNEL inline uint32_t LargestBits(int64_t n, const float* x) {
  int32_t largest = 0;
  for (int64_t i = 0; i < n; i++) {
    int32_t bits;
    std::memcpy(&bits, x + i, sizeof bits);
    largest = std::max(largest, bits & 0x7fffffff);
  }
  return uint32_t(largest);
}

// By which powers of two factors are scaled, up to 2 and down again: parts of small numbers would else be below the normal ones.
class Scales {
 public:
  Scales(int64_t left_count, const float* left, int64_t right_count, const float* right, float alpha)
      : left_(ExponentOf(left_count, left)), right_(ExponentOf(right_count, right)) {
    back_ = alpha * std::ldexp(1.0f, left_ + right_);
  }

  // Infinities and NaN have no parts, and at the ends of the range they would leave it.
  bool Fit() const { return std::max(std::abs(left_), std::abs(right_)) < kFar && std::isnormal(back_); }

  float Left() const { return std::ldexp(1.0f, -left_); }
  float Right() const { return std::ldexp(1.0f, -right_); }
  // alpha, with the scaling undone.
  float Back() const { return back_; }

 private:
  static constexpr int kFar = 100;

  static int ExponentOf(int64_t n, const float* x) {
    const double largest = Reduce({n, kMoved}, [=](int64_t i, int64_t end) { return double(LargestBits(end - i, x + i)); },
                                  [](double a, double b) { return std::max(a, b); });
    return int(uint32_t(largest) >> 23) - 127;
  }

  int left_, right_;
  float back_;
};

inline bool SplitsWell(int64_t m, int64_t n, int64_t k) {
  return UsedTiles().split_pays && k >= kLeastDepth && m * n * k >= kLeastProduct;
}

// Whether it has computed C <- alpha op(A) op(B) + beta C.
inline bool SplitGemm(const blas::GemmShape& shape, float alpha, const float* a, const float* b, float beta, float* c) {
  const int64_t m = shape.m, n = shape.n, k = shape.k;
  if (!SplitsWell(m, n, k)) return false;
  const Scales scales(m * k, a, n * k, b, alpha);
  if (!scales.Fit()) return false;
  Factor left = LeftOf(shape, alpha, a), right = RightOf(shape, alpha, b);
  left.scale = scales.Left();
  right.scale = scales.Right();
  Gemm<3>(left, right, scales.Back(), beta, c);
  return true;
}

// Whether it has updated weights along dyT x.
template <typename Update>
bool SplitDescend(int64_t m, int64_t n, int64_t k, const float* dy, const float* x, std::initializer_list<const float*> arrays,
                  const Update& update) {
  if (!SplitsWell(n, k, m)) return false;
  const Scales scales(m * n, dy, m * k, x, 1);
  if (!scales.Fit()) return false;
  Factor left = LeftOf(m, n, dy), right = RightOf(m, k, x);
  left.scale = scales.Left();
  right.scale = scales.Right();
  Descend<3>(left, right, scales.Back(), arrays, update);
  return true;
}

}  // namespace blastrain::bf16
