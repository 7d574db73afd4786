// What computes a call's products.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "bf16/product.h"
#include "bf16/split.h"
#include "blas.h"
#include "descent.h"
#include "gemm.h"
#include "kernels/bytes.h"
#include "kernels/gather.h"

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

  // y[m,n] <- inputs w[n,k]^T.
  static void ByteForward(int64_t m, int64_t n, int64_t k, const ByteInputs<T>& inputs, const T* w, T* y) {
    if constexpr (std::is_same_v<T, float>) {
      if (bf16::SplitByteForward(m, n, k, inputs, w, y)) return;
    }
    blastrain::Gemm(blas::GemmShape(false, true, int(m), int(n), int(k)), T(1), Numbers(m, k, inputs), w, T(0), y);
  }

  // As Descend, x being the inputs.
  template <typename Update>
  static void Descend(int64_t m, int64_t n, int64_t k, const T* dy, const ByteInputs<T>& inputs, T* dw,
                      std::initializer_list<const T*> arrays, const Update& update) {
    if constexpr (std::is_same_v<T, float>) {
      if (bf16::SplitByteDescend(m, n, k, dy, inputs, arrays, update)) return;
    }
    blastrain::Descend(m, n, k, dy, Numbers(m, k, inputs), dw, arrays, update);
  }

 private:
  // The inputs as numbers, in the caller's memory.
  static const T* Numbers(int64_t m, int64_t k, const ByteInputs<T>& inputs) {
    T* x = Scratch<T, 2>(m * k);
    Split(Rows(m, k, kMoved), [=](int64_t i, int64_t end) {
      for (; i < end; i++) NormaliseRow(k, inputs.x + i * k, inputs.scale, inputs.shift, x + i * k);
    });
    return x;
  }
};

// Of factors rounded to bfloat16.
struct Bfloat16Products {
  static void Gemm(const blas::GemmShape& shape, float alpha, const float* a, const float* b, float beta, float* c) {
    if (shape.k == 0) return blas::Gemm(shape, alpha, a, b, beta, c);  // C <- beta C, without a rounding of 0 + beta C
    bf16::Gemm<1, 1>(bf16::LeftOf(shape, a), bf16::RightOf(shape, b), alpha, beta, c);
  }

  template <typename Update>
  static void Descend(int64_t m, int64_t n, int64_t k, const float* dy, const float* x, float*,
                      std::initializer_list<const float*> arrays, const Update& update) {
    bf16::Descend<1, 1>(bf16::LeftOf(m, n, dy), bf16::RightOf(m, k, x), 1, arrays, update);
  }

  static void ByteForward(int64_t m, int64_t n, int64_t k, const ByteInputs<float>& inputs, const float* w, float* y) {
    bf16::ByteForward<1>(bf16::RightOf(n, k, inputs.scale, w), m, inputs, 1, y);
  }

  template <typename Update>
  static void Descend(int64_t m, int64_t n, int64_t k, const float* dy, const ByteInputs<float>& inputs, float*,
                      std::initializer_list<const float*> arrays, const Update& update) {
    bf16::ByteDescend<1>(bf16::LeftOf(m, n, dy), k, inputs, 1, arrays, update);
  }
};

}  // namespace blastrain
