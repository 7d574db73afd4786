#pragma once

#include <algorithm>

#include "binding.h"
#include "kernels/members.h"
#include "pool.h"

namespace blastrain {

template <typename T>
struct MemberBindings {
  static void ExpandMembersForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t members = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const T* scale = args.Array<T>(members * n);
    T* y = args.Array<T>(Times(m * members, n));
    Split(Rows(m, members * n, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::ExpandMembersForward(end - i, members, n, x + i * n, scale, y + i * members * n);
    });
  }

  static void ExpandMembersBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t members = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const T* scale = args.Array<T>(members * n);
    const T* dy = args.Array<T>(Times(m * members, n));
    T* dscale = args.Array<T>(members * n);
    T* dx = args.Array<T>(m * n);
    SplitMembers(members, m * n, [=](int64_t begin, int64_t end) {
      ExpandMembersScale(m, members, n, begin, end, x, dy, dscale);
    });
    Split(Rows(m, members * n, kMemoryGrain), [=](int64_t i, int64_t end) {
      ExpandMembersInput(end - i, members, n, scale, dy + i * members * n, dx + i * n);
    });
  }

  static void AffineColumnsForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const T* scale = args.Array<T>(n);
    const T* shift = args.Array<T>(n);
    T* y = args.Array<T>(m * n);
    Split(Rows(m, n, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::AffineColumnsForward(end - i, n, x + i * n, scale, shift, y + i * n);
    });
  }

  static void AffineColumnsBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const T* scale = args.Array<T>(n);
    const T* dy = args.Array<T>(m * n);
    T* dscale = args.Array<T>(n);
    T* dshift = args.Array<T>(n);
    T* dx = args.Array<T>(m * n);
    // By columns, so that each sum keeps the order of the rows.
    Split({n, kMemoryGrain / std::max<int64_t>(1, m)}, [=](int64_t begin, int64_t end) {
      blastrain::AffineColumnsBackward(m, n, begin, end, x, scale, dy, dscale, dshift, dx);
    });
  }

  static void MemberLinearForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t members = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T* x = args.Array<T>(Times(m * members, k));
    const T* w = args.Array<T>(Times(members * n, k));
    const T* bias = args.Array<T>(members * n);
    T* y = args.Array<T>(Times(m * members, n));
    Split(Rows(m, members * k, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::MemberLinearForward(end - i, members, n, k, x + i * members * k, w, bias, y + i * members * n);
    });
  }

  static void MemberLinearBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t members = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T* x = args.Array<T>(Times(m * members, k));
    const T* w = args.Array<T>(Times(members * n, k));
    const T* dy = args.Array<T>(Times(m * members, n));
    T* dw = args.Array<T>(Times(members * n, k));
    T* dx = args.Array<T>(Times(m * members, k));
    SplitMembers(members, m * k, [=](int64_t begin, int64_t end) {
      blastrain::MemberLinearBackward(m, members, n, k, begin, end, x, w, dy, dw, dx);
    });
  }

  static void MeanMembers(Args& args) {
    const int64_t m = args.Size();
    const int64_t members = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(Times(m * members, n));
    T* y = args.Array<T>(m * n);
    Split(Rows(m, members * n, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::MeanMembers(end - i, members, n, x + i * members * n, y + i * n);
    });
  }

 private:
  // By members, so that sums over rows keep their order, whatever the number of threads.
  template <typename Work>
  static void SplitMembers(int64_t members, int64_t elements, const Work& work) {
    Split(Partition(members, (kMemoryGrain + elements) / std::max<int64_t>(1, elements), 1), work);
  }
};

}  // namespace blastrain
