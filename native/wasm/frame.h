// The arguments of a call from JavaScript to the WebAssembly module: slots in linear memory that lib/kernels/wasm/frame.ts fills. Nothing else
// reads them. As in the addon, each read refuses what the kernel does not take.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "arguments.h"

namespace blastrain {

// One argument. An array's kind is its ArrayType, which are positive; 0 is anything that is none of these.
enum class SlotKind : int32_t { kOther = 0, kNumber = -1, kFlag = -2 };
struct Slot {
  union {
    double number;
    struct {
      uint32_t data;  // An address.
      uint32_t length;
    } array;
  };
  int32_t kind;
  int32_t unused;
};
static_assert(sizeof(Slot) == 16);
inline Slot frame[kMaxArguments];

// Throws a JavaScript error that ends the call; lib/kernels/wasm catches it, and resets the stack pointer.
[[noreturn]] __attribute__((import_module("blastrain"), import_name("refuse"))) void RefuseInJavaScript(int32_t reason);
inline constexpr int32_t kArgumentRefused = 0, kMemoryFull = 1;

[[noreturn]] inline void Refuse(const Rejected&) { RefuseInJavaScript(kArgumentRefused); }

class FrameSource {
 public:
  bool Flag() { return Next(SlotKind::kFlag).number != 0; }

  ArrayView Read() {
    if (next_ == kMaxArguments || frame[next_].kind <= 0) Refuse(kBadArgument);
    const Slot& slot = frame[next_++];
    return {ArrayType(slot.kind), slot.array.length, reinterpret_cast<void*>(slot.array.data)};
  }

 protected:
  double Number() { return Next(SlotKind::kNumber).number; }

 private:
  const Slot& Next(SlotKind kind) {
    if (next_ == kMaxArguments || frame[next_].kind != int32_t(kind)) Refuse(kBadArgument);
    return frame[next_++];
  }

  int next_ = 0;
};

using Args = Arguments<FrameSource>;

// A function of a table, and whether what it returns is a result.
struct KernelFunction {
  double (*run)();
  int32_t returns;
};

// Runs kCall(Args&), which returns void or double, on what is in the frame.
template <auto kCall>
double RunOnFrame() {
  Args args;
  if constexpr (std::is_void_v<decltype(kCall(args))>) {
    kCall(args);
    return 0;
  } else {
    return kCall(args);
  }
}
template <auto kCall>
inline constexpr KernelFunction Callback{RunOnFrame<kCall>, !std::is_void_v<decltype(kCall(std::declval<Args&>()))>};

}  // namespace blastrain
