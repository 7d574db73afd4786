#pragma once

#include "binding.h"
#include "kernels/gather.h"
#include "pool.h"

namespace blastrain {

template <typename T>
struct GatherCalls {
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
    // By columns, as the products that follow split long rows: each thread finds its part of x in its own cache.
    Split({n, kComputed / std::max<int64_t>(1, m)}, [=](int64_t begin, int64_t end) {
      if (src.type == kArrayType<T>) return blastrain::GatherRows(m, n, begin, end, rows, src.As<T>(), scale, shift, x);
      blastrain::GatherRows(m, n, begin, end, rows, src.As<uint8_t>(), scale, shift, x);
    });
  }

  static void GatherImages(Args& args) {
    const int64_t m = args.Size();
    const int64_t channels = args.Size();
    const int64_t height = args.Size();
    const int64_t width = args.Size();
    const ImageShape shape{channels, height, width};
    const int64_t n = SizeOf(shape);
    const int32_t* indices = args.Array<int32_t>(m);
    const int32_t* geometry = args.Array<int32_t>(7 * m);
    const Args::View src = args.Read();
    const T* scale = args.Array<T>(n);
    const T* shift = args.Array<T>(n);
    T* x = args.Array<T>(m * n);
    if (src.type != kArrayType<uint8_t> && src.type != kArrayType<T>) throw kBadArgument;
    if (n == 0) return;
    const Indices rows = Checked(indices, m, src.length / n);
    Split(Rows(m, n, kComputed), [=](int64_t i, int64_t end) {
      const Indices some = rows.From(i);
      const int32_t* by = geometry + 7 * i;
      const Inputs<T> out{scale, shift, x + i * n};
      if (src.type == kArrayType<T>) return blastrain::GatherImages(end - i, shape, some, by, src.As<T>(), out);
      blastrain::GatherImages(end - i, shape, some, by, src.As<uint8_t>(), out);
    });
  }

  static void GatherBytes(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const int32_t* indices = args.Array<int32_t>(m);
    const Args::View src = args.Read();
    uint8_t* x = args.Array<uint8_t>(m * n);
    if (src.type != kArrayType<uint8_t>) throw kBadArgument;
    if (n == 0) return;
    const Indices rows = Checked(indices, m, src.length / n);
    Split({n, kMoved / std::max<int64_t>(1, m)}, [=](int64_t begin, int64_t end) {
      blastrain::GatherBytes(m, n, begin, end, rows, src.As<uint8_t>(), x);
    });
  }

  static void GatherByteImages(Args& args) {
    const int64_t m = args.Size();
    const int64_t channels = args.Size();
    const int64_t height = args.Size();
    const int64_t width = args.Size();
    const ImageShape shape{channels, height, width};
    const int64_t n = SizeOf(shape);
    const int32_t* indices = args.Array<int32_t>(m);
    const int32_t* geometry = args.Array<int32_t>(7 * m);
    const Args::View src = args.Read();
    uint8_t* x = args.Array<uint8_t>(m * n);
    if (src.type != kArrayType<uint8_t>) throw kBadArgument;
    if (n == 0) return;
    const Indices rows = Checked(indices, m, src.length / n);
    Split(Rows(m, n, kComputed), [=](int64_t i, int64_t end) {
      blastrain::GatherImages(end - i, shape, rows.From(i), geometry + 7 * i, src.As<uint8_t>(), Pixels{x + i * n});
    });
  }

  static void ByteMoments(Args& args) {
    const int64_t m = args.Size();
    const int64_t n = args.Size();
    const uint8_t* src = args.Array<uint8_t>(m * n);
    auto* sums = reinterpret_cast<uint32_t*>(args.Array<int32_t>(n));
    auto* squares = reinterpret_cast<uint32_t*>(args.Array<int32_t>(n));
    Split({n, kMoved / std::max<int64_t>(1, m)},
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
    Split(Rows(m, n, kMoved), [=](int64_t i, int64_t end) { blastrain::MixRows(i, end, n, lambda, rows, x, y); });
  }

 private:
  static int64_t SizeOf(const ImageShape& shape) {
    // In double, where the product cannot wrap; below 2^31 it is exact.
    if (double(shape.channels) * double(shape.height) * double(shape.width) >= 2147483648.0) throw kBadArgument;
    return shape.channels * shape.height * shape.width;
  }
};

}  // namespace blastrain
