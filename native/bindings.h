// One function for each kernel of lib/kernels/contract.ts that is not elementwise (bindings/elementwise.h): reads its arguments in the
// contract's order, then runs it.
#pragma once

#include "bindings/algebra.h"
#include "bindings/bytes.h"
#include "bindings/gather.h"
#include "bindings/loss.h"
#include "bindings/normalization.h"
#include "bindings/optimizer.h"

namespace blastrain {

template <typename T>
struct Bindings : AlgebraBindings<T>,
                  NormalizationBindings<T>,
                  LossBindings<T>,
                  OptimizerBindings<T>,
                  ByteBindings<T>,
                  GatherBindings<T> {};

}  // namespace blastrain
