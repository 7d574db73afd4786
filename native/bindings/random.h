#pragma once

#include "binding.h"
#include "kernels/random.h"
#include "pool.h"

namespace blastrain {

template <typename T>
struct RandomBindings {
  static void FillNormal(Args& args) {
    const int64_t n = args.Size();
    const double std = args.Scalar<T>();
    const PhiloxKey key = ReadKey(args);
    T* out = args.Array<T>(n);
    SplitBlocks(n, [=](int64_t begin, int64_t end) { blastrain::FillNormal(begin, end, std, key, out); });
  }

  static void FillUniform(Args& args) {
    const int64_t n = args.Size();
    const double low = args.Scalar<T>();
    const double high = args.Scalar<T>();
    const PhiloxKey key = ReadKey(args);
    T* out = args.Array<T>(n);
    SplitBlocks(n, [=](int64_t begin, int64_t end) { blastrain::FillUniform(begin, end, low, high, key, out); });
  }

 private:
  static PhiloxKey ReadKey(Args& args) {
    const int32_t* key = args.Array<int32_t>(2);
    return {static_cast<uint32_t>(key[0]), static_cast<uint32_t>(key[1])};
  }

  // Whole blocks of four draws for each thread.
  template <typename Work>
  static void SplitBlocks(int64_t n, const Work& work) {
    Split({(n + 3) / 4, kComputeGrain / 4}, [=](int64_t begin, int64_t end) { work(4 * begin, std::min(4 * end, n)); });
  }
};

}  // namespace blastrain
