// Turns JavaScript values into checked pointers; nothing else does. It does not rely on checks made in TypeScript.
//
// An Args reads the arguments of one call in order: what follows is for the addon, native/wasm/frame.h has it for WebAssembly.
// A read refuses the call unless the argument has the type asked for and, if an array, at least as many elements as asked for.
// There is no state, so that any number of threads may load the addon.
// Plain Node-API instead of node-addon-api's classes, as TypedArrayOf costs three times as much per array.
#pragma once

#if defined(__wasm__)
#include "wasm/frame.h"
#else

#include <type_traits>

#include <node_api.h>

#include "arguments.h"

namespace blastrain {

[[noreturn]] inline void Refuse(const Rejected& rejected) { throw rejected; }

// The arguments of a call from Node.
class NodeSource {
 public:
  NodeSource(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMaxArguments;  // Missing arguments read as undefined.
    if (napi_get_cb_info(env, info, &count, values_, nullptr, nullptr) != napi_ok) Refuse(kBadArgument);
  }

  bool Flag() {
    bool flag;
    if (napi_get_value_bool(env_, Next(), &flag) != napi_ok) Refuse(kBadArgument);
    return flag;
  }

  ArrayView Read() {
    napi_typedarray_type type;
    size_t length;
    void* data;
    // Does not ask for the buffer: a handle to it costs time, and a SharedArrayBuffer has none.
    if (napi_get_typedarray_info(env_, Next(), &type, &length, &data, nullptr, nullptr) != napi_ok) Refuse(kBadArgument);
    return {ArrayType(type), static_cast<int64_t>(length), data};
  }

 protected:
  double Number() {
    double value;
    if (napi_get_value_double(env_, Next(), &value) != napi_ok) Refuse(kBadArgument);
    return value;
  }

 private:
  napi_value Next() {
    if (next_ == kMaxArguments) Refuse(kBadArgument);
    return values_[next_++];
  }

  napi_env env_;
  napi_value values_[kMaxArguments];
  int next_ = 0;
};
static_assert(int(ArrayType::kUint8) == napi_uint8_array && int(ArrayType::kInt32) == napi_int32_array &&
              int(ArrayType::kFloat32) == napi_float32_array && int(ArrayType::kFloat64) == napi_float64_array);

using Args = Arguments<NodeSource>;

// The functions of a table.
using KernelFunction = napi_callback;

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

}  // namespace blastrain

#endif
