// Turns JavaScript values into checked pointers; nothing else does. It does not rely on checks made in TypeScript.
//
// An Args reads the arguments of one call in order. A read throws Rejected unless the argument has the type asked for and,
// if an array, at least as many elements as asked for. There is no state, so that any number of threads may load the addon.
// Plain Node-API instead of node-addon-api's classes, as TypedArrayOf costs three times as much per array.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <napi.h>

#include "kernels/indices.h"

namespace blastrain {

// A refused argument. lib/kernels/native.ts words the message, as it knows names and values.
struct Rejected {
  const char* code;
};
inline constexpr Rejected kBadArgument{"ERR_KERNEL_ARG"};
inline constexpr Rejected kBadIndex{"ERR_KERNEL_INDEX"};

template <typename T>
constexpr napi_typedarray_type ArrayType() {
  if constexpr (std::is_same_v<T, float>) return napi_float32_array;
  else if constexpr (std::is_same_v<T, double>) return napi_float64_array;
  else if constexpr (std::is_same_v<T, int32_t>) return napi_int32_array;
  else if constexpr (std::is_same_v<T, uint8_t>) return napi_uint8_array;
}
template <typename T>
constexpr napi_typedarray_type kArrayType = ArrayType<T>();

// Products and sums of sizes for the lengths of arrays of more than two. They saturate, and no array is as long as that.
inline int64_t Times(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() : product;
}
inline int64_t Plus(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<int64_t>::max() : sum;
}

class Args {
 public:
  Args(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMax;  // Missing arguments read as undefined.
    if (napi_get_cb_info(env, info, &count, values_, nullptr, nullptr) != napi_ok) throw kBadArgument;
  }

  bool Flag() {
    bool flag;
    if (napi_get_value_bool(env_, Next(), &flag) != napi_ok) throw kBadArgument;
    return flag;
  }

  // A non-negative integer below 2^31, the range of a BLAS size; a product of two fits an int64_t.
  int64_t Size() {
    const double value = Number();
    if (!(value >= 0 && value < 2147483648.0)) throw kBadArgument;
    const auto size = static_cast<int64_t>(value);
    if (static_cast<double>(size) != value) throw kBadArgument;
    return size;
  }

  // A number, rounded to T.
  template <typename T>
  T Scalar() {
    return static_cast<T>(Number());
  }

  // An array of at least `length` elements of T. Detached arrays have length 0; the pointer of an empty one may be null.
  template <typename T>
  T* Array(int64_t length) {
    const auto array = Read();
    if (array.type != kArrayType<T> || array.length < length) throw kBadArgument;
    return static_cast<T*>(array.data);
  }

  // Any typed array, for arguments of more than one possible type; As<T>() is null if its type is not T.
  struct View {
    napi_typedarray_type type;
    int64_t length;
    void* data;

    template <typename T>
    const T* As() const {
      return type == kArrayType<T> ? static_cast<const T*>(data) : nullptr;
    }
  };
  View Read() {
    napi_typedarray_type type;
    size_t length;
    void* data;
    // Does not ask for the buffer: a handle to it costs time, and a SharedArrayBuffer has none.
    if (napi_get_typedarray_info(env_, Next(), &type, &length, &data, nullptr, nullptr) != napi_ok) throw kBadArgument;
    return {type, static_cast<int64_t>(length), data};
  }

 private:
  static constexpr size_t kMax = 18;

  napi_value Next() {
    if (next_ == kMax) throw kBadArgument;
    return values_[next_++];
  }

  double Number() {
    double value;
    if (napi_get_value_double(env_, Next(), &value) != napi_ok) throw kBadArgument;
    return value;
  }

  napi_env env_;
  napi_value values_[kMax];
  size_t next_ = 0;
};

// Checks that the first `count` elements at `data` are in [0, bound).
inline Indices Checked(const int32_t* data, int64_t count, int64_t bound) {
  for (int64_t i = 0; i < count; i++) {
    if (!Indices::InRange(Indices::Load(data, i), bound)) throw kBadIndex;
  }
  return Indices(data, bound);
}

// The function that Node calls: runs kCall(Args&), which returns void or double, and turns Rejected into an Error.
template <auto kCall>
napi_value Callback(napi_env env, napi_callback_info info) {
  napi_value result = nullptr;
  try {
    Args args(env, info);
    if constexpr (std::is_void_v<decltype(kCall(args))>) {
      kCall(args);
    } else {
      napi_create_double(env, kCall(args), &result);
    }
  } catch (const Rejected& rejected) {
    // Fails only while the environment is being torn down, when no JavaScript can run.
    napi_throw_error(env, rejected.code, "A native kernel refused an argument");
  }
  return result;
}

// A callback as a JavaScript function.
inline Napi::Function Function(Napi::Env env, const char* name, napi_callback callback) {
  napi_value function;
  napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  NAPI_THROW_IF_FAILED(env, status, Napi::Function());
  return Napi::Function(env, function);
}

}  // namespace blastrain
