// The tables of kernels. Each is defined in a file of its own, so that compilers run side by side.
#pragma once

#include <cstddef>

#include "binding.h"

namespace blastrain {

struct Kernel {
  const char* name;
  KernelFunction call;
};

struct Table {
  template <size_t count>
  constexpr explicit Table(const Kernel (&kernels)[count]) : first(kernels), count(count) {}
  const Kernel* begin() const { return first; }
  const Kernel* end() const { return first + count; }

  const Kernel* first;
  size_t count;
};

// As the addon exports them and the WebAssembly module lists them: the kernels of a number type, and those that bfloat16 replaces.
extern const Table kFloat32Table, kFloat64Table, kBfloat16Table;

}  // namespace blastrain
