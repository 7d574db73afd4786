// The binding of elementwise kernels, which compute element i of their outputs from element i of their inputs: reads the
// arguments and divides the loop among threads, once for all of them.
#pragma once

#include <tuple>
#include <type_traits>

#include "binding.h"
#include "pool.h"

namespace blastrain {

// Reads a scalar, or an array of n elements.
template <typename Parameter>
Parameter ReadAs(Args& args, int64_t n) {
  if constexpr (std::is_pointer_v<Parameter>) {
    return args.Array<std::remove_const_t<std::remove_pointer_t<Parameter>>>(n);
  } else {
    return args.Scalar<Parameter>();
  }
}

// A scalar as it is, or an array from element i on.
template <typename Parameter>
Parameter From(Parameter parameter, int64_t i) {
  if constexpr (std::is_pointer_v<Parameter>) return parameter + i;
  return parameter;
}

template <auto kKernel, int64_t kGrain, typename... Parameters>
void CallElementwise(Args& args, void (*)(int64_t, Parameters...)) {
  const int64_t n = args.Size();
  const std::tuple<Parameters...> parameters{ReadAs<Parameters>(args, n)...};  // Braces evaluate from first to last.
  Split({n, kGrain}, [&](int64_t i, int64_t end) {
    std::apply([=](Parameters... each) { kKernel(end - i, From(each, i)...); }, parameters);
  });
}

// Calls kKernel, whose parameters are n, scalars and arrays of n elements in the contract's order, with at least kGrain
// elements for each thread (pool.h).
template <auto kKernel, int64_t kGrain = kMemoryGrain>
void Elementwise(Args& args) {
  CallElementwise<kKernel, kGrain>(args, kKernel);
}

}  // namespace blastrain
