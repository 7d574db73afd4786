// Products of float32 at float32's accuracy on AMX, which multiplies bfloat16: each operand is split in three parts, and six
// of the nine products of parts are summed (docs/precision.md has the bound). Each function returns whether it computed its
// result; where splitting does not pay or would lose accuracy, what is in its place may be anything.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <type_traits>

#include "gemm/bf16/byte_products.h"
#include "gemm/bf16/gemm_bf16.h"
#include "kernels/loops.h"
#include "pool.h"

namespace blastrain::bf16 {

// Less depth than that leaves most of a tile empty.
inline constexpr int64_t kMinSplitDepth = kTileDepth;

// The exponent of the largest of n numbers.
inline int LargestExponent(int64_t n, const float* x) {
  const double largest = Reduce({n, kMemoryGrain}, [=](int64_t i, int64_t end) { return double(LargestBits(end - i, x + i)); },
                                [](double a, double b) { return std::max(a, b); });
  return int(uint32_t(largest) >> 23) - 127;
}

// An e such that no element's magnitude reaches 2^(e + 1), or 2^(e + 2) where columns are scaled. 0 for bytes, which are not
// split.
inline int ExponentOf(const Operand<float>& operand) {
  const int own = LargestExponent(operand.lines * operand.depth, operand.data);
  return operand.scales == nullptr ? own : own + LargestExponent(operand.depth, operand.scales);
}
inline int ExponentOf(const Operand<uint8_t>&) { return 0; }

// Scales both operands by powers of two so that their largest elements are about 1, as parts of small numbers could else be
// subnormal, which counts as 0; alpha undoes it. False for infinities and NaN, which cannot be split, and for exponents near
// the range's ends. B is left as it is without `scale_b`: to read weights only for
// their exponent takes a tenth of a forward pass.
template <typename A, typename B>
bool Scale(A& a, B& b, float& alpha, bool scale_b = true) {
  constexpr int max_exponent = 100;
  const int a_exponent = ExponentOf(a), b_exponent = scale_b ? ExponentOf(b) : 0;
  const float rescaled = alpha * std::ldexp(1.0f, a_exponent + b_exponent);
  if (std::max(std::abs(a_exponent), std::abs(b_exponent)) >= max_exponent || !std::isnormal(rescaled)) return false;
  a.scale = std::ldexp(1.0f, -a_exponent);
  b.scale = std::ldexp(1.0f, -b_exponent);
  alpha = rescaled;
  return true;
}

// Whether what was packed unscaled needed no scaling.
inline bool FarFromEnds(const Largest& largest) {
  constexpr int max_exponent = 60;
  return std::abs(int(largest.Bits() >> 23) - 127) < max_exponent;
}

// Floats are split in a time that grows with the elements of both operands, and that is won again where each is multiplied with at least so many others:
// 200x50x3072 takes 0.26 ms so and 0.21 with AVX-512, 200x1024x3072 3.1 and 4.0. Bytes, which are not split, pay from the smallest products on.
inline constexpr int64_t kMinSplitReuse = 120;

template <typename A, typename B>
bool SplitPays([[maybe_unused]] const A& a, [[maybe_unused]] const B& b) {
#if defined(__wasm__)
  return false;  // At compile time, which makes the module a quarter smaller.
#else
  if (!UsedMicroKernel().split_pays || a.depth < kMinSplitDepth) return false;
  if (std::is_same_v<A, B> && a.lines * b.lines < kMinSplitReuse * (a.lines + b.lines)) return false;
  return a.lines * b.lines * a.depth >= kMinParallelProduct;
#endif
}

// C <- alpha op(A) op(B) + beta C.
inline bool SplitGemm(const GemmShape& shape, float alpha, const float* a, const float* b, float beta, float* c) {
  Operand<> op_a = OperandA(shape, a), op_b = OperandB(shape, b);
  // A few rows are bound by the reading of B.
  if (shape.m <= blas::kMaxDotRows || !SplitPays(op_a, op_b)) return false;
  const bool scale_b = beta != 0;  // Else C can be computed again, in another way.
  if (!Scale(op_a, op_b, alpha, scale_b)) return false;
  Largest largest;
  if (!scale_b) op_b.largest = &largest;
  Gemm<3, 3>(op_a, op_b, alpha, beta, c);
  return scale_b || FarFromEnds(largest);
}

// As FusedUpdate for dW[n,k] = dy[m,n]^T x[m,k].
inline bool SplitFusedUpdate(int64_t m, int64_t n, int64_t k, const float* dy, const float* x,
                      std::initializer_list<const float*> arrays, WeightUpdate<float> update) {
  Operand<> op_a = OperandA(m, n, dy), op_b = OperandB(m, k, x);
  float alpha = 1;
  if (!SplitPays(op_a, op_b) || !Scale(op_a, op_b, alpha)) return false;
  FusedUpdate<3, 3>(op_a, op_b, alpha, arrays, update);
  return true;
}

// y[m,n] <- inputs[m,k] w[n,k]^T: three products of parts, as bytes have one part.
inline bool SplitByteForward(int64_t m, int64_t n, int64_t k, const ByteInputs<float>& inputs, const float* w, float* y) {
  Operand<uint8_t> op_a{inputs.x, m, k, k, 1};
  Operand<> op_b = ScaledWeights(n, k, inputs.scale, w);
  if (!SplitPays(op_a, op_b)) return false;
  Largest largest;
  op_b.largest = &largest;
  ByteForward<3>(op_b, m, inputs, y);
  return FarFromEnds(largest);
}

// As FusedUpdate for dW[n,k] = dy[m,n]^T inputs[m,k].
inline bool SplitByteFusedUpdate(int64_t m, int64_t n, int64_t k, const float* dy, const ByteInputs<float>& inputs,
                          std::initializer_list<const float*> arrays, WeightUpdate<float> update) {
  Operand<> op_a = OperandA(m, n, dy);
  Operand<uint8_t> op_b = OperandB(m, k, inputs.x);
  float alpha = 1;
  if (!SplitPays(op_a, op_b) || !Scale(op_a, op_b, alpha)) return false;
  ByteFusedUpdate<3>(op_a, k, inputs, alpha, arrays, update);
  return true;
}

}  // namespace blastrain::bf16
