// The shape of a product C[m,n] <- alpha op(A)[m,k] op(B)[k,n] + beta C. Leading dimensions follow from it; CBLAS requires at least 1 even if a
// matrix is empty.
#pragma once

#include <algorithm>

namespace blastrain {

struct GemmShape {
  bool trans_a, trans_b;
  int m, n, k, lda, ldb, ldc;

  GemmShape(bool trans_a, bool trans_b, int m, int n, int k)
      : trans_a(trans_a), trans_b(trans_b),
        m(m), n(n), k(k),
        lda(std::max(1, trans_a ? m : k)),
        ldb(std::max(1, trans_b ? k : n)),
        ldc(std::max(1, n)) {}
};

}  // namespace blastrain
