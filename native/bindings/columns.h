#pragma once

#include <algorithm>

#include "binding.h"
#include "kernels/columns.h"
#include "pool.h"

namespace blastrain {

template <typename T>
struct ColumnBindings {
  static void ScaleColumnsForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* s = args.Array<T>(n);
    const T* x = args.Array<T>(m * n);
    T* y = args.Array<T>(m * n);
    Split(Rows(m, n, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::ScaleColumnsForward(end - i, n, s, x + i * n, y + i * n);
    });
  }

  static void ScaleColumnsBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const T* s = args.Array<T>(n);
    const T* dy = args.Array<T>(m * n);
    T* ds = args.Array<T>(n);
    T* dx = args.Array<T>(m * n);
    SplitSums(m, n, [=](int64_t j, int64_t end) {
      blastrain::ScaleColumnsBackward(m, end - j, n, x + j, s + j, dy + j, ds + j, dx + j);
    });
  }

  static void BlendColumnsForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* a = args.Array<T>(n);
    const T* x = args.Array<T>(m * n);
    const T* f = args.Array<T>(m * n);
    T* y = args.Array<T>(m * n);
    Split(Rows(m, n, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::BlendColumnsForward(end - i, n, a, x + i * n, f + i * n, y + i * n);
    });
  }

  static void BlendColumnsBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* a = args.Array<T>(n);
    const T* x = args.Array<T>(m * n);
    const T* f = args.Array<T>(m * n);
    const T* dy = args.Array<T>(m * n);
    T* da = args.Array<T>(n);
    T* df = args.Array<T>(m * n);
    T* dx = args.Array<T>(m * n);
    SplitSums(m, n, [=](int64_t j, int64_t end) {
      blastrain::BlendColumnsBackward(m, end - j, n, a + j, x + j, f + j, dy + j, da + j, df + j, dx + j);
    });
  }

 private:
  // By columns, so that each sum keeps the order of the rows.
  template <typename Work>
  static void SplitSums(int64_t m, int64_t n, const Work& work) {
    Split({n, kMemoryGrain / std::max<int64_t>(1, m)}, work);
  }
};

}  // namespace blastrain
