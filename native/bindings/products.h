// The products of a precision: which implementation computes them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "blas.h"
#include "gemm/bf16/byte_products.h"
#include "gemm/bf16/gemm_bf16.h"
#include "gemm/bf16/split_float32.h"
#include "gemm/fused_update.h"
#include "gemm/gemm.h"
#include "gemm/scratch.h"
#include "kernels/bias.h"
#include "kernels/byte_inputs.h"
#include "kernels/gather.h"

namespace blastrain {

// Every row of c[m,n] += row.
template <typename T>
void AddRow(int64_t m, int64_t n, const T* row, T* c) {
  Split(Rows(m, n, kMemoryGrain), [=](int64_t i, int64_t end) { BiasForward(end - i, n, row, c + i * n); });
}

// In the precision of T; float32 split into bfloat16 where AMX multiplies that faster.
template <typename T>
struct PreciseProducts {
  static void Gemm(const GemmShape& shape, T alpha, const T* a, const T* b, T beta, T* c) {
    if constexpr (std::is_same_v<T, float>) {
      if (bf16::SplitGemm(shape, alpha, a, b, beta, c)) return;
    }
    blastrain::Gemm(shape, alpha, a, b, beta, c);
  }

  // y[m,n] <- x[m,k] w[n,k]^T + bias[n] in every row.
  static void Linear(const GemmShape& shape, const T* x, const T* w, const T* bias, T* y) {
    if constexpr (std::is_same_v<T, float>) {
      if (bf16::SplitGemm(shape, T(1), x, w, T(0), y)) return AddRow(shape.m, shape.n, bias, y);
    }
    blastrain::Gemm(shape, T(1), x, w, T(1), y, bias);
  }

  static void FusedUpdate(int64_t m, int64_t n, int64_t k, const T* dy, const T* x, T* dw,
                          std::initializer_list<const T*> arrays, WeightUpdate<T> update) {
    if constexpr (std::is_same_v<T, float>) {
      if (bf16::SplitFusedUpdate(m, n, k, dy, x, arrays, update)) return;
    }
    blastrain::FusedUpdate(m, n, k, dy, x, dw, arrays, update);
  }

  // y[m,n] <- inputs w[n,k]^T.
  static void ByteForward(int64_t m, int64_t n, int64_t k, const ByteInputs<T>& inputs, const T* w, T* y) {
    if constexpr (std::is_same_v<T, float>) {
      if (bf16::SplitByteForward(m, n, k, inputs, w, y)) return;
    }
    const GemmShape shape(false, true, int(m), int(n), int(k));
    if constexpr (kMayPackBytes<T>) {
      if (OwnKernels<T>::Best().PacksBytes(m, n, k)) return blastrain::Gemm(shape, T(1), inputs, w, T(0), y);
    }
    blastrain::Gemm(shape, T(1), Dequantized(m, k, inputs), w, T(0), y);
  }

  // FusedUpdate of dW[n,k] = dy[m,n]^T inputs[m,k].
  static void FusedUpdate(int64_t m, int64_t n, int64_t k, const T* dy, const ByteInputs<T>& inputs, T* dw,
                          std::initializer_list<const T*> arrays, WeightUpdate<T> update) {
    if constexpr (std::is_same_v<T, float>) {
      if (bf16::SplitByteFusedUpdate(m, n, k, dy, inputs, arrays, update)) return;
    }
    if constexpr (kMayPackBytes<T>) {
      if (UpdatesInMicroTiles<T>(m, n, k)) return blastrain::FusedUpdate(m, n, k, dy, inputs, dw, arrays, update);
    }
    blastrain::FusedUpdate(m, n, k, dy, Dequantized(m, k, inputs), dw, arrays, update);
  }

 private:
  // The inputs as floats, in scratch memory.
  static const T* Dequantized(int64_t m, int64_t k, const ByteInputs<T>& inputs) {
    T* x = Scratch<T, 2>(m * k);
    Split(Rows(m, k, kMemoryGrain), [=](int64_t i, int64_t end) {
      for (; i < end; i++) {
        const uint8_t* row = inputs.x + i * k;
        NormaliseRow(k, row, i + 1 < end ? row + k : row, inputs.scale, inputs.shift, x + i * k);
      }
    });
    return x;
  }
};

// Of operands rounded to bfloat16.
struct Bfloat16Products {
  static void Gemm(const GemmShape& shape, float alpha, const float* a, const float* b, float beta, float* c) {
    if (shape.k == 0) return blas::Gemm(shape, alpha, a, b, beta, c);  // C <- beta C, without rounding 0 + beta C.
    bf16::Gemm<1, 1>(bf16::OperandA(shape, a), bf16::OperandB(shape, b), alpha, beta, c);
  }

  // As of PreciseProducts. Sums that begin with the bias would have to be read: the deep net's step takes 2.3 ms instead of 2.5.
  static void Linear(const GemmShape& shape, const float* x, const float* w, const float* bias, float* y) {
    Gemm(shape, 1, x, w, 0, y);
    AddRow(shape.m, shape.n, bias, y);
  }

  static void FusedUpdate(int64_t m, int64_t n, int64_t k, const float* dy, const float* x, float*,
                          std::initializer_list<const float*> arrays, WeightUpdate<float> update) {
    bf16::FusedUpdate<1, 1>(bf16::OperandA(m, n, dy), bf16::OperandB(m, k, x), 1, arrays, update);
  }

  static void ByteForward(int64_t m, int64_t n, int64_t k, const ByteInputs<float>& inputs, const float* w, float* y) {
    bf16::ByteForward<1>(bf16::ScaledWeights(n, k, inputs.scale, w), m, inputs, y);
  }

  static void FusedUpdate(int64_t m, int64_t n, int64_t k, const float* dy, const ByteInputs<float>& inputs, float*,
                          std::initializer_list<const float*> arrays, WeightUpdate<float> update) {
    bf16::ByteFusedUpdate<1>(bf16::OperandA(m, n, dy), k, inputs, 1, arrays, update);
  }
};

}  // namespace blastrain
