#pragma once

#include <algorithm>

#include "binding.h"
#include "kernels/embedding.h"
#include "pool.h"

namespace blastrain {

template <typename T>
struct EmbeddingBindings {
  static void PeriodicForward(Args& args) {
    const int64_t m = args.Size();
    const PeriodicShape shape = ReadShape(args);
    const auto [n, k, size, passed, after, outputs_after] = shape;
    const int64_t inputs = InputsOf(shape), outputs = OutputsOf(shape);
    const T* x = args.Array<T>(Times(m, inputs));
    const T* frequency = args.Array<T>(Times(n, k));
    const T* phase = args.Array<T>(Times(n, k));
    const T* weight = args.Array<T>(Times(Times(n, size), k));
    const T* bias = args.Array<T>(Times(n, size));
    T* y = args.Array<T>(Times(m, outputs));
    Split(Rows(m, n * k, kComputeGrain), [=](int64_t i, int64_t end) {
      blastrain::PeriodicForward(end - i, shape, x + i * inputs, frequency, phase, weight, bias, y + i * outputs);
    });
  }

  static void PeriodicBackward(Args& args) {
    const int64_t m = args.Size();
    const PeriodicShape shape = ReadShape(args);
    const auto [n, k, size, passed, after, outputs_after] = shape;
    const T* x = args.Array<T>(Times(m, InputsOf(shape)));
    const T* frequency = args.Array<T>(Times(n, k));
    const T* phase = args.Array<T>(Times(n, k));
    const T* weight = args.Array<T>(Times(Times(n, size), k));
    const T* dy = args.Array<T>(Times(m, OutputsOf(shape)));
    T* dfrequency = args.Array<T>(Times(n, k));
    T* dphase = args.Array<T>(Times(n, k));
    T* dweight = args.Array<T>(Times(Times(n, size), k));
    T* dbias = args.Array<T>(Times(n, size));
    T* dx = args.Array<T>(Times(m, InputsOf(shape)));
    if (m == 0 && k == 0 && size == 0) return;  // then n may be any size
    // By numbers, so that each sum keeps the order of the rows.
    Split({n, kComputeGrain / std::max<int64_t>(1, Times(m, k)), 1}, [=](int64_t j, int64_t end) {
      for (; j < end; j++) {
        blastrain::PeriodicBackward(m, shape, j, x, frequency, phase, weight, dy, dfrequency, dphase, dweight, dbias, dx);
      }
    });
    PassBackward(m, shape, dy, dx);
  }

  static void EmbeddingForward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const int64_t rows = args.Size();
    const int64_t before = args.Size();
    const int64_t outputs_before = args.Size();
    const int32_t* starts = args.Array<int32_t>(n);
    const int64_t inputs = before + n, outputs = Plus(outputs_before, Times(n, k));
    const T* x = args.Array<T>(Times(m, inputs));
    const T* table = args.Array<T>(Times(rows, k));
    T* y = args.Array<T>(Times(m, outputs));
    const Indices checked = Checked(starts, n, rows);
    if (m == 0) return;
    Split(Rows(m, n * k, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::EmbeddingForward(end - i, n, k, rows, inputs, outputs, checked, x + i * inputs + before, table,
                                  y + i * outputs + outputs_before);
    });
  }

  // On one thread: sums keep the order of the rows, and take less time than the products behind them.
  static void EmbeddingBackward(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const int64_t rows = args.Size();
    const int64_t before = args.Size();
    const int64_t outputs_before = args.Size();
    const int32_t* starts = args.Array<int32_t>(n);
    const int64_t inputs = before + n, outputs = Plus(outputs_before, Times(n, k));
    const T* x = args.Array<T>(Times(m, inputs));
    const T* dy = args.Array<T>(Times(m, outputs));
    T* dtable = args.Array<T>(Times(rows, k));
    const Indices checked = Checked(starts, n, rows);
    const bool is_empty = m == 0;  // x and dy may be null
    blastrain::EmbeddingBackward(m, n, k, rows, inputs, outputs, checked, is_empty ? x : x + before,
                                 is_empty ? dy : dy + outputs_before, dtable);
  }

 private:
  static PeriodicShape ReadShape(Args& args) {
    const int64_t n = args.Size();
    const int64_t k = args.Size();
    const int64_t size = args.Size();
    const int64_t passed = args.Size();
    const int64_t after = args.Size();
    return {n, k, size, passed, after, args.Size()};
  }
  static int64_t InputsOf(const PeriodicShape& shape) { return shape.n + shape.passed + shape.after; }
  static int64_t OutputsOf(const PeriodicShape& shape) {
    return Plus(Times(shape.n, shape.size), shape.n + shape.passed + shape.outputs_after);
  }
};

}  // namespace blastrain
