// Products over all threads: each computes a part.
#pragma once

#include <algorithm>
#include <cstdint>

#include "multiply.h"
#include "pool.h"

namespace blastrain {

// The most elements of C that a split of k adds up: they are written and read once more for each thread.
inline constexpr int64_t kMostPartial = 1 << 20;

// C <- alpha op(A) op(B) + beta C. Where k is long beside C, as in the first layer's forward pass, each thread takes a part of k,
// so that each element of A and B is read by one core alone, and the sums are added from first to last. Else each takes
// rows of C; or columns, where rows are few.
template <typename T>
void Gemm(const blas::GemmShape& shape, T alpha, const T* a, const T* b, T beta, T* c) {
  const int64_t m = shape.m, n = shape.n, k = shape.k;
  const int64_t threads = m * n * k < kLeastProduct ? 1 : Pool::Shared().Threads();
  const auto part = [&](int64_t i, int64_t rows, int64_t j, int64_t columns, int64_t l, int64_t inner, T scale, T* out) {
    blas::GemmShape some = shape;
    some.m = int(rows);
    some.n = int(columns);
    some.k = int(inner);
    const bool ta = shape.trans_a == CblasTrans, tb = shape.trans_b == CblasTrans;
    Multiply(some, alpha, a + (ta ? l * shape.lda + i : i * shape.lda + l), b + (tb ? j * shape.ldb + l : l * shape.ldb + j),
               scale, out);
  };
  if (threads > 1 && k >= 8 * std::max(m, n) && m * n <= kMostPartial) {
    const Partition inner(k, 256);
    T* sums = Scratch<T, 1>((inner.count - 1) * m * n);  // The caller's, for all threads.
    Pool::Shared().Run(inner.count, [&](int p) {
      const bool first = p == 0;
      part(0, m, 0, n, inner.Begin(p), inner.Length(p), first ? beta : 0, first ? c : sums + (p - 1) * m * n);
    });
    Split({m * n, kMoved / inner.count}, [&](int64_t begin, int64_t end) {
      for (int p = 1; p < inner.count; p++) blas::Axpy(int(end - begin), T(1), sums + (p - 1) * m * n + begin, c + begin);
    });
  } else if (m >= 64 * threads || m >= n) {
    Split({m, (m + threads - 1) / threads, 1}, [&](int64_t i, int64_t end) { part(i, end - i, 0, n, 0, k, beta, c + i * n); });
  } else {
    Split({n, n / threads}, [&](int64_t j, int64_t end) { part(0, m, j, end - j, 0, k, beta, c + j); });
  }
}

}  // namespace blastrain
