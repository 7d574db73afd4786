#pragma once

#include "binding.h"
#include "kernels/gather.h"
#include "pool.h"

namespace blastrain {

// Shares the gathering of m rows of n between threads, as work(first, count, begin, end): `count` rows from `first` on, columns from begin to
// end. By columns, as the products that follow divide long rows: each thread finds its part of x in its cache. Short rows are
// divided as rows, as those products do.
template <typename Work>
void SplitGathered(int64_t m, int64_t n, int64_t grain, const Work& work) {
  if (n >= m) return Split({n, grain / std::max<int64_t>(1, m)}, [=](int64_t begin, int64_t end) { work(0, m, begin, end); });
  Split(Rows(m, n, grain), [=](int64_t i, int64_t end) { work(i, end - i, 0, n); });
}

template <typename T>
struct GatherBindings {
  static void GatherRows(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int32_t* indices = args.Array<int32_t>(m);
    const Args::View src = args.Read();
    const T* scale = args.Array<T>(n);
    const T* shift = args.Array<T>(n);
    T* x = args.Array<T>(m * n);
    if (src.type != kArrayType<uint8_t> && src.type != kArrayType<T>) Refuse(kBadArgument);
    if (n == 0) return;
    const Indices rows = Checked(indices, m, src.length / n);
    SplitGathered(m, n, kComputeGrain, [=](int64_t first, int64_t count, int64_t begin, int64_t end) {
      const Indices own = rows.From(first);
      T* const to = x + first * n;
      if (src.type == kArrayType<T>) return blastrain::GatherRows(count, n, begin, end, own, src.As<T>(), scale, shift, to);
      blastrain::GatherRows(count, n, begin, end, own, src.As<uint8_t>(), scale, shift, to);
    });
  }

  static void GatherImages(Args& args) {
    const Images p = ReadImages(args);
    const Args::View src = p.src;
    const T* scale = args.Array<T>(p.n);
    const T* shift = args.Array<T>(p.n);
    T* x = args.Array<T>(p.m * p.n);
    if (src.type != kArrayType<uint8_t> && src.type != kArrayType<T>) Refuse(kBadArgument);
    Transform(p, [=](int64_t count, Indices rows, const int32_t* geometry, int64_t at) {
      const Inputs<T> out{scale, shift, x + at};
      if (src.type == kArrayType<T>) return blastrain::GatherImages(count, p.shape, rows, geometry, src.As<T>(), out);
      blastrain::GatherImages(count, p.shape, rows, geometry, src.As<uint8_t>(), out);
    });
  }

  static void StandardizeRows(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int32_t* indices = args.Array<int32_t>(m);
    const Args::View src = args.Read();
    const double* mean = args.Array<double>(n);
    const double* std = args.Array<double>(n);
    T* x = args.Array<T>(m * n);
    WithNumbers(src, [=](const auto* numbers) {
      if (n == 0) return;
      const Indices rows = Checked(indices, m, src.length / n);
      SplitGathered(m, n, kComputeGrain, [=](int64_t first, int64_t count, int64_t begin, int64_t end) {
        blastrain::StandardizeRows(count, n, begin, end, rows.From(first), numbers, mean, std, x + first * n);
      });
    });
  }

  static void StandardizeImages(Args& args) {
    const Images p = ReadImages(args);
    const double* mean = args.Array<double>(p.n);
    const double* std = args.Array<double>(p.n);
    T* x = args.Array<T>(p.m * p.n);
    WithNumbers(p.src, [=](const auto* numbers) {
      Transform(p, [=](int64_t count, Indices rows, const int32_t* geometry, int64_t at) {
        blastrain::GatherImages(count, p.shape, rows, geometry, numbers, Standardized<T>{mean, std, x + at});
      });
    });
  }

  static void GatherBytes(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int32_t* indices = args.Array<int32_t>(m);
    const Args::View src = args.Read();
    uint8_t* x = args.Array<uint8_t>(m * n);
    if (src.type != kArrayType<uint8_t>) Refuse(kBadArgument);
    if (n == 0) return;
    const Indices rows = Checked(indices, m, src.length / n);
    // By rows, unlike floats: two threads that read halves of each row take half as long again, and so few bytes are read quickly from another core's cache.
    Split(Rows(m, n, kMemoryGrain), [=](int64_t i, int64_t end) {
      blastrain::GatherBytes(end - i, n, rows.From(i), src.As<uint8_t>(), x + i * n);
    });
  }

  static void GatherByteImages(Args& args) {
    const Images p = ReadImages(args);
    const Args::View src = p.src;
    uint8_t* x = args.Array<uint8_t>(p.m * p.n);
    if (src.type != kArrayType<uint8_t>) Refuse(kBadArgument);
    Transform(p, [=](int64_t count, Indices rows, const int32_t* geometry, int64_t at) {
      blastrain::GatherImages(count, p.shape, rows, geometry, src.As<uint8_t>(), Pixels{x + at});
    });
  }

  static void ByteMoments(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const uint8_t* src = args.Array<uint8_t>(m * n);
    auto* sums = reinterpret_cast<uint32_t*>(args.Array<int32_t>(n));
    auto* squares = reinterpret_cast<uint32_t*>(args.Array<int32_t>(n));
    Split({n, kMemoryGrain / std::max<int64_t>(1, m)},
          [=](int64_t begin, int64_t end) { blastrain::ByteMoments(m, n, begin, end, src, sums, squares); });
  }

  static void MixRows(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const T lambda = args.Scalar<T>();
    const int32_t* partners = args.Array<int32_t>(m);
    const T* x = args.Array<T>(m * n);
    T* y = args.Array<T>(m * n);
    const Indices rows = Checked(partners, m, m);
    Split(Rows(m, n, kMemoryGrain), [=](int64_t i, int64_t end) { blastrain::MixRows(i, end, n, lambda, rows, x, y); });
  }

 private:
  // m images of n values, drawn from src, with the geometry of each.
  struct Images {
    int64_t m;
    ImageShape shape;
    int64_t n;
    const int32_t* indices;
    const int32_t* geometry;
    Args::View src;
  };

  static Images ReadImages(Args& args) {
    Images p;
    p.m = args.Size();
    p.shape.channels = args.Size();
    p.shape.height = args.Size();
    p.shape.width = args.Size();
    const auto& [channels, height, width] = p.shape;
    // In double, where the product cannot overflow and is exact below 2^31.
    if (double(channels) * double(height) * double(width) >= 2147483648.0) Refuse(kBadArgument);
    p.n = channels * height * width;
    p.indices = args.Array<int32_t>(p.m);
    p.geometry = args.Array<int32_t>(7 * p.m);
    p.src = args.Read();
    return p;
  }

  // Calls work with a pointer of the type of src.
  template <typename Work>
  static void WithNumbers(const Args::View& src, const Work& work) {
    if (src.type == kArrayType<uint8_t>) return work(src.As<uint8_t>());
    if (src.type == kArrayType<float>) return work(src.As<float>());
    if (src.type == kArrayType<double>) return work(src.As<double>());
    Refuse(kBadArgument);
  }

  // Runs transform(count, their rows of src, their geometry, offset of the first in x) for ranges of images, on all threads.
  template <typename Some>
  static void Transform(const Images& p, const Some& transform) {
    if (p.n == 0) return;
    const Indices rows = Checked(p.indices, p.m, p.src.length / p.n);
    Split(Rows(p.m, p.n, kComputeGrain), [&](int64_t i, int64_t end) {
      transform(end - i, rows.From(i), p.geometry + 7 * i, i * p.n);
    });
  }
};

}  // namespace blastrain
