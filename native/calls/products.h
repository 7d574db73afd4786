// What computes a call's products.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "bf16/product.h"
#include "bf16/split.h"
#include "blas.h"
#include "descent.h"
#include "gemm.h"

namespace blastrain {

// In T; of floats by tiles of bfloat16 where AMX has them.
template <typename T>
struct PreciseProducts {
  static void Gemm(const blas::GemmShape& shape, T alpha, const T* a, const T* b, T beta, T* c) {
    if constexpr (std::is_same_v<T, float>) {
      if (bf16::SplitGemm(shape, alpha, a, b, beta, c)) return;
    }
    blastrain::Gemm(shape, alpha, a, b, beta, c);
  }
  template <typename Update>
  static void Descend(int64_t m, int64_t n, int64_t k, const T* dy, const T* x, T* dw, std::initializer_list<const T*> arrays,
                      const Update& update) {
    if constexpr (std::is_same_v<T, float>) {
      if (bf16::SplitDescend(m, n, k, dy, x, arrays, update)) return;
    }
    blastrain::Descend(m, n, k, dy, x, dw, arrays, update);
  }
};

// Of factors rounded to bfloat16.
struct Bfloat16Products {
  static void Gemm(const blas::GemmShape& shape, float alpha, const float* a, const float* b, float beta, float* c) {
    bf16::Gemm<1>(bf16::LeftOf(shape, alpha, a), bf16::RightOf(shape, alpha, b), alpha, beta, c);
  }
  template <typename Update>
  static void Descend(int64_t m, int64_t n, int64_t k, const float* dy, const float* x, float*,
                      std::initializer_list<const float*> arrays, const Update& update) {
    bf16::Descend<1>(bf16::LeftOf(m, n, dy), bf16::RightOf(m, k, x), 1, arrays, update);
  }
};

}  // namespace blastrain
