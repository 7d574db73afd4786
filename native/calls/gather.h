#pragma once

#include "binding.h"
#include "kernels/gather.h"

namespace blastrain {

template <typename T>
struct GatherCalls {
  static void GatherRows(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int32_t* indices = args.Array<int32_t>(m);
    const Args::View src = args.Read();
    const T* scale = args.Array<T>(n);
    const T* shift = args.Array<T>(n);
    T* x = args.Array<T>(m * n);
    if (src.type != kArrayType<uint8_t> && src.type != kArrayType<T>) throw kBadArgument;
    if (n == 0) return;
    const Indices rows = Checked(indices, m, src.length / n);
    if (src.type == kArrayType<T>) return blastrain::GatherRows(m, n, rows, src.As<T>(), scale, shift, x);
    blastrain::GatherRows(m, n, rows, src.As<uint8_t>(), scale, shift, x);
  }
};

}  // namespace blastrain
