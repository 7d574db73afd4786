// exp, and tanh, sigmoid and the normal distribution made from it, without branches, so that loops vectorise: the C
// library's functions take one element at a time, at five to ten times the cost. Errors are a few units in the last place,
// bounded in lib/verify/cases.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/loops.h"

namespace blastrain {

// Horner's rule, for coefficients from the constant one upwards.
template <typename T, int terms>
BLASTRAIN_INLINE T Polynomial(const T (&coefficients)[terms], T x) {
  T sum = coefficients[terms - 1];
#pragma GCC unroll 32
  for (int i = terms - 2; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
}

// Constants of a number format.
template <typename T>
struct Format;

template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int kFraction = 23;
  static constexpr Bits kBias = 127;
  static constexpr float kLn2High = 0x1.62e4p-1f;  // 16 bits: k times it is exact
  static constexpr float kLn2Low = 0x1.7f7d1cp-20f;
  static constexpr float kLowest = -0x1.5d589ep+6f;  // -126 log 2, rounded up: exp of what is below leaves the normal range
  static constexpr float kSine[] = {1, -1 / 6.f, 1 / 120.f, -1 / 5040.f, 1 / 362880.f, -1 / 39916800.f, 1 / 6227020800.f};
  static constexpr float kCosine[] = {1, -1 / 2.f, 1 / 24.f, -1 / 720.f, 1 / 40320.f, -1 / 3628800.f, 1 / 479001600.f};
  static constexpr float kExpm1[] = {1, 1 / 2.f, 1 / 6.f, 1 / 24.f, 1 / 120.f, 1 / 720.f, 1 / 5040.f};
  static constexpr float kTail[] = {
      0.472053203f, -0.0967033354f, 0.0139999137f, 0.0285974679f, -0.0322011629f, 0.0179528175f,
      -0.00498771425f, -0.000325830999f, 0.000664988692f, -4.99905145e-5f, -5.80912353e-5f};
};

template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int kFraction = 52;
  static constexpr Bits kBias = 1023;
  static constexpr double kLn2High = 0x1.62e42feep-1;  // 32 bits
  static constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  static constexpr double kLowest = -0x1.6232bdd7abcd2p+9;  // -1022 log 2, rounded up
  static constexpr double kSine[] = {
      1, -1 / 6., 1 / 120., -1 / 5040., 1 / 362880., -1 / 39916800., 1 / 6227020800., -1 / 1307674368000.,
      1 / 355687428096000., -1 / 121645100408832000., 1 / 51090942171709440000.};
  static constexpr double kCosine[] = {
      1, -1 / 2., 1 / 24., -1 / 720., 1 / 40320., -1 / 3628800., 1 / 479001600., -1 / 87178291200.,
      1 / 20922789888000., -1 / 6402373705728000., 1 / 2432902008176640000., -1 / 1124000727777607680000.};
  static constexpr double kExpm1[] = {
      1, 1 / 2., 1 / 6., 1 / 24., 1 / 120., 1 / 720., 1 / 5040., 1 / 40320., 1 / 362880., 1 / 3628800., 1 / 39916800.,
      1 / 479001600., 1 / 6227020800.};
  static constexpr double kTail[] = {
      0.47205320650984467, -0.09670347732652607, 0.013999634724430469, 0.02860036405357749, -0.03219783742831452,
      0.01793609747886859, -0.0050023785870514665, -0.00028562308680939413, 0.0006948970692570495, -9.443033944152223e-5,
      -8.785300442645791e-5, 2.1250446856208376e-5, 1.3626315192600401e-5, -3.433372216853275e-6, -2.6118464340168558e-6,
      4.0671730125154447e-7, 5.507747965364098e-7, -1.237153366992197e-9, -1.1022354013739079e-7, -1.7932121916642413e-8,
      1.7442583764419795e-8, 5.474708632048689e-9, -1.5456221598143852e-9, -6.763267210562454e-10};
};

// exp(x) = scale (1 + rest): x = k log 2 + r with |r| <= log(2)/2, scale = 2^k, rest = exp(r) - 1 by its Taylor series.
template <typename T>
struct Power {
  T scale;
  T rest;
};

// For kLowest <= x <= 0, and NaN for NaN; elsewhere unspecified.
template <typename T>
BLASTRAIN_INLINE Power<T> PowerOf(T x) {
  using F = Format<T>;
  // Adding it leaves the nearest integer in the lowest bits of the sum.
  constexpr T shifter = static_cast<T>(3) * static_cast<T>(typename F::Bits(1) << (F::kFraction - 1));
  const T shifted = x * static_cast<T>(0x1.71547652b82fep+0) + shifter;
  const T k = shifted - shifter;
  const T r = (x - k * F::kLn2High) - k * F::kLn2Low;
  typename F::Bits bits;
  std::memcpy(&bits, &shifted, sizeof(T));
  bits = (bits + F::kBias) << F::kFraction;
  T scale;
  std::memcpy(&scale, &bits, sizeof(T));
  return {scale, r * Polynomial(F::kExpm1, r)};
}

// exp(x) for x <= 0; 0 where it would be subnormal.
template <typename T>
BLASTRAIN_INLINE T ExpOfNegative(T x) {
  const Power<T> power = PowerOf(x);
  return x < Format<T>::kLowest ? T(0) : power.scale + power.scale * power.rest;
}

// exp(x) - 1 for x <= 0.
template <typename T>
BLASTRAIN_INLINE T Expm1OfNegative(T x) {
  const Power<T> power = PowerOf(x);
  return x < Format<T>::kLowest ? T(-1) : power.scale * power.rest + (power.scale - 1);
}

template <typename T>
BLASTRAIN_INLINE T Tanh(T x) {
  const T power = Expm1OfNegative(-2 * std::abs(x));
  return std::copysign(power / (2 + power), x);
}

template <typename T>
BLASTRAIN_INLINE T Sigmoid(T x) {
  const T power = ExpOfNegative(-std::abs(x));
  return (x < 0 ? power : T(1)) / (1 + power);
}

// cos and sin of 2 pi t. Whole turns are taken off without an error; what is left is moved by a quarter turn, so that both are Taylor
// series on [-pi/2, pi/2].
template <typename T>
struct Circle {
  T cosine;
  T sine;
};

template <typename T>
BLASTRAIN_INLINE Circle<T> CircleOf(T turns) {
  const T rest = turns - std::rint(turns);
  const T z = static_cast<T>(6.283185307179586) * (std::abs(rest) - T(0.25));
  const T square = z * z;
  return {-z * Polynomial(Format<T>::kSine, square), std::copysign(Polynomial(Format<T>::kCosine, square), rest)};
}

// gate = tanh(log(1 + exp x)), the factor that Mish gives x, and its derivative, as in lib/kernels/reference/activation.ts.
template <typename T>
struct Mish {
  T gate;
  T slope;
};

template <typename T>
BLASTRAIN_INLINE Mish<T> MishOf(T x) {
  const T power = ExpOfNegative(-std::abs(x));
  const T numerator = x > 0 ? 1 + 2 * power : power * (power + 2);
  const T denominator = numerator + (x > 0 ? 2 * power * power : T(2));
  return {numerator / denominator, 4 * power * (1 + power) * (x > 0 ? power : T(1)) / (denominator * denominator)};
}

// The standard normal distribution function at x, and x times the density, as in lib/kernels/normal.ts.
template <typename T>
struct Normal {
  T distribution;
  T density_times_x;
};

template <typename T>
BLASTRAIN_INLINE Normal<T> NormalOf(T x) {
  constexpr T far = 40;
  const T t = std::abs(x) > far ? far : std::abs(x);
  const T power = ExpOfNegative(T(-0.5) * (t * t));
  const T tail = power * Polynomial(Format<T>::kTail, (t - 4) / (t + 4)) / (1 + t);
  return {x > 0 ? 1 - tail : tail, std::copysign(t, x) * (static_cast<T>(0.3989422804014327) * power)};
}

}  // namespace blastrain
