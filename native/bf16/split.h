// Products of float32 at float32's accuracy on AMX, whose tiles take bfloat16: each factor is split in three, and six of the nine
// products of their parts count (docs/precision.md has the bound).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "bf16/bytes.h"
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

// The exponent of the largest of n numbers.
inline int LargestExponent(int64_t n, const float* x) {
  const double largest = Reduce({n, kMoved}, [=](int64_t i, int64_t end) { return double(LargestBits(end - i, x + i)); },
                                [](double a, double b) { return std::max(a, b); });
  return int(uint32_t(largest) >> 23) - 127;
}

// Of a factor's elements none is as large as 2^(its exponent + 1), or + 2 where columns are scaled. Bytes are not split, nor scaled.
inline int ExponentOf(const Factor<float>& factor) {
  const int own = LargestExponent(factor.lines * factor.depth, factor.data);
  return factor.scales == nullptr ? own : own + LargestExponent(factor.depth, factor.scales);
}
inline int ExponentOf(const Factor<uint8_t>&) { return 0; }

// Whether it has scaled both factors by powers of two, up to 2, as parts of small numbers would else be below the normal ones,
// and alpha so that it undoes that. Infinities and NaN have no parts, and at the ends of the range they would leave it.
template <typename Left, typename Right>
bool Scale(Left& left, Right& right, float& alpha) {
  constexpr int far = 100;
  const int of_left = ExponentOf(left), of_right = ExponentOf(right);
  const float back = alpha * std::ldexp(1.0f, of_left + of_right);
  if (std::max(std::abs(of_left), std::abs(of_right)) >= far || !std::isnormal(back)) return false;
  left.scale = std::ldexp(1.0f, -of_left);
  right.scale = std::ldexp(1.0f, -of_right);
  alpha = back;
  return true;
}

template <typename Left, typename Right>
bool SplitsWell(const Left& left, const Right& right) {
  const int64_t depth = left.depth;
  return UsedTiles().split_pays && depth >= kLeastDepth && left.lines * right.lines * depth >= kLeastProduct;
}

// Whether it has computed C <- alpha op(A) op(B) + beta C.
inline bool SplitGemm(const blas::GemmShape& shape, float alpha, const float* a, const float* b, float beta, float* c) {
  Factor<> left = LeftOf(shape, a), right = RightOf(shape, b);
  if (!SplitsWell(left, right) || !Scale(left, right, alpha)) return false;
  Gemm<3, 3>(left, right, alpha, beta, c);
  return true;
}

// Whether it has updated weights along dyT x.
template <typename Update>
bool SplitDescend(int64_t m, int64_t n, int64_t k, const float* dy, const float* x, std::initializer_list<const float*> arrays,
                  const Update& update) {
  Factor<> left = LeftOf(m, n, dy), right = RightOf(m, k, x);
  float alpha = 1;
  if (!SplitsWell(left, right) || !Scale(left, right, alpha)) return false;
  Descend<3, 3>(left, right, alpha, arrays, update);
  return true;
}

// Whether it has computed y <- inputs wT: products of three parts, as bytes have one.
inline bool SplitByteForward(int64_t m, int64_t n, int64_t k, const ByteInputs<float>& inputs, const float* w, float* y) {
  Factor<uint8_t> left{inputs.x, m, k, k, 1};
  Factor<> right = RightOf(n, k, inputs.scale, w);
  float alpha = 1;
  if (!SplitsWell(left, right) || !Scale(left, right, alpha)) return false;
  ByteForward<3>(right, m, inputs, alpha, y);
  return true;
}

// Whether it has updated weights along dyT inputs.
template <typename Update>
bool SplitByteDescend(int64_t m, int64_t n, int64_t k, const float* dy, const ByteInputs<float>& inputs,
                      std::initializer_list<const float*> arrays, const Update& update) {
  Factor<> left = LeftOf(m, n, dy);
  Factor<uint8_t> right = RightOf(m, k, inputs.x);
  float alpha = 1;
  if (!SplitsWell(left, right) || !Scale(left, right, alpha)) return false;
  ByteDescend<3>(left, k, inputs, alpha, arrays, update);
  return true;
}

}  // namespace blastrain::bf16
