// One function per kernel of lib/kernels/contract.ts: reads its arguments in the contract's order, then runs it.
#pragma once

#include "binding.h"
#include "blas.h"
#include "kernels/activation.h"
#include "kernels/bias.h"
#include "kernels/gather.h"
#include "kernels/sgd.h"
#include "kernels/softmax.h"

namespace blastrain {

template <typename T>
struct Calls {
  static void Gemm(Args& args) {
    const bool trans_a = args.Flag();
    const bool trans_b = args.Flag();
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const T alpha = args.Scalar<T>();
    const T* a = args.Array<T>(m * k);
    const T* b = args.Array<T>(k * n);
    const T beta = args.Scalar<T>();
    T* c = args.Array<T>(m * n);
    if (m == 0 || n == 0) return;
    blas::Gemm(blas::GemmShape(trans_a, trans_b, int(m), int(n), int(k)), alpha, a, b, beta, c);
  }

  static void Axpy(Args& args) {
    const int64_t n = args.Size();
    const T alpha = args.Scalar<T>();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blas::Axpy(int(n), alpha, x, y);
  }

  static void Scal(Args& args) {
    const int64_t n = args.Size();
    const T alpha = args.Scalar<T>();
    T* x = args.Array<T>(n);
    blas::Scal(int(n), alpha, x);
  }

  static double Dot(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    const T* y = args.Array<T>(n);
    return blas::Dot(int(n), x, y);
  }

  static double Nrm2(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    return blas::Nrm2(int(n), x);
  }

  static void BiasForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* bias = args.Array<T>(n);
    T* y = args.Array<T>(m * n);
    blastrain::BiasForward(m, n, bias, y);
  }

  static void BiasBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* dy = args.Array<T>(m * n);
    const T beta = args.Scalar<T>();
    T* dbias = args.Array<T>(n);
    blastrain::BiasBackward(m, n, dy, beta, dbias);
  }

  static void ReluForward(Args& args) {
    const int64_t n = args.Size();
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::ReluForward(n, x, y);
  }

  static void ReluBackward(Args& args) {
    const int64_t n = args.Size();
    const T* y = args.Array<T>(n);
    const T* dy = args.Array<T>(n);
    T* dx = args.Array<T>(n);
    blastrain::ReluBackward(n, y, dy, dx);
  }

  static void MaskScale(Args& args) {
    const int64_t n = args.Size();
    const T scale = args.Scalar<T>();
    const uint8_t* mask = args.Array<uint8_t>(n);
    const T* x = args.Array<T>(n);
    T* y = args.Array<T>(n);
    blastrain::MaskScale(n, scale, mask, x, y);
  }

  static void SoftmaxForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    T* y = args.Array<T>(m * n);
    blastrain::SoftmaxForward(m, n, x, y);
  }

  static void SoftmaxBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* y = args.Array<T>(m * n);
    const T* dy = args.Array<T>(m * n);
    T* dx = args.Array<T>(m * n);
    blastrain::SoftmaxBackward(m, n, y, dy, dx);
  }

  static double SoftmaxCrossEntropyForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    const int32_t* labels = args.Array<int32_t>(m);
    T* probs = args.Array<T>(m * n);
    return blastrain::SoftmaxCrossEntropyForward(m, n, x, Checked(labels, m, n), probs);
  }

  static void SoftmaxCrossEntropyBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T scale = args.Scalar<T>();
    const T* probs = args.Array<T>(m * n);
    const int32_t* labels = args.Array<int32_t>(m);
    T* dx = args.Array<T>(m * n);
    blastrain::SoftmaxCrossEntropyBackward(m, n, scale, probs, Checked(labels, m, n), dx);
  }

  static void Argmax(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T* x = args.Array<T>(m * n);
    int32_t* out = args.Array<int32_t>(m);
    if (n == 0 && m > 0) throw kBadArgument;  // An empty row has no maximum.
    blastrain::Argmax(m, n, x, out);
  }

  static void SgdStep(Args& args) {
    const int64_t n = args.Size();
    const T lr = args.Scalar<T>();
    const double momentum = args.Scalar<double>();
    const T decay = args.Scalar<T>();
    const bool nesterov = args.Flag();
    T* w = args.Array<T>(n);
    const T* dw = args.Array<T>(n);
    T* v = args.Array<T>(momentum == 0 ? 0 : n);
    blastrain::SgdStep(n, lr, static_cast<T>(momentum), decay, nesterov, w, dw, v);
  }

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
