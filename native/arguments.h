// What the arguments of kernels have in common, whoever hands them over: refusals, types of arrays, and the reading of sizes, scalars and
// arrays from a Source, which has the next argument as a number, a flag or a view.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/indices.h"

namespace blastrain {

// A refused argument. lib/kernels words the message, as it knows names and values.
struct Rejected {
  const char* code;
};
inline constexpr Rejected kBadArgument{"ERR_KERNEL_ARG"};
inline constexpr Rejected kBadIndex{"ERR_KERNEL_INDEX"};

// Ends the call. Throws, or where C++ has no exceptions has JavaScript do it.
[[noreturn]] void Refuse(const Rejected& rejected);

// Typed arrays by the numbers that Node-API gives them.
enum class ArrayType : int32_t { kUint8 = 1, kInt32 = 5, kFloat32 = 7, kFloat64 = 8 };
template <typename T>
constexpr ArrayType kArrayType = ArrayType(-1);
template <>
inline constexpr ArrayType kArrayType<uint8_t> = ArrayType::kUint8;
template <>
inline constexpr ArrayType kArrayType<int32_t> = ArrayType::kInt32;
template <>
inline constexpr ArrayType kArrayType<float> = ArrayType::kFloat32;
template <>
inline constexpr ArrayType kArrayType<double> = ArrayType::kFloat64;

// Products and sums of sizes for the lengths of arrays of more than two. They saturate, and no array is as long as that.
inline int64_t Times(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() : product;
}
inline int64_t Plus(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<int64_t>::max() : sum;
}

// Any typed array, for arguments of more than one possible type; As<T>() is null if its type is not T.
struct ArrayView {
  ArrayType type;
  int64_t length;
  void* data;

  template <typename T>
  const T* As() const {
    return type == kArrayType<T> ? static_cast<const T*>(data) : nullptr;
  }
};

// The arguments of a kernel have at most so many.
inline constexpr int kMaxArguments = 18;

template <typename Source>
class Arguments : public Source {
 public:
  using Source::Source;
  using View = ArrayView;

  // A non-negative integer below 2^31, the range of a BLAS size; a product of two fits an int64_t.
  int64_t Size() {
    const double value = Source::Number();
    if (!(value >= 0 && value < 2147483648.0)) Refuse(kBadArgument);
    const auto size = static_cast<int64_t>(value);
    if (static_cast<double>(size) != value) Refuse(kBadArgument);
    return size;
  }

  // A number, rounded to T.
  template <typename T>
  T Scalar() {
    return static_cast<T>(Source::Number());
  }

  // An array of at least `length` elements of T. Detached arrays have length 0; the pointer of an empty one may be null.
  template <typename T>
  T* Array(int64_t length) {
    const View array = Source::Read();
    if (array.type != kArrayType<T> || array.length < length) Refuse(kBadArgument);
    return static_cast<T*>(array.data);
  }
};

// Checks that the first `count` elements at `data` are in [0, bound).
inline Indices Checked(const int32_t* data, int64_t count, int64_t bound) {
  for (int64_t i = 0; i < count; i++) {
    if (!Indices::InRange(Indices::Load(data, i), bound)) Refuse(kBadIndex);
  }
  return Indices(data, bound);
}

}  // namespace blastrain
