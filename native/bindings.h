// One function for each kernel of lib/kernels/contract.ts that is not elementwise (those: bindings/elementwise.h): it reads
// its arguments in the contract's order, then runs the kernel.
#pragma once

#include "bindings/algebra.h"
#include "bindings/byte_linear.h"
#include "bindings/columns.h"
#include "bindings/embedding.h"
#include "bindings/gather.h"
#include "bindings/loss.h"
#include "bindings/members.h"
#include "bindings/normalization.h"
#include "bindings/optimizer.h"
#include "bindings/random.h"

namespace blastrain {

template <typename T>
struct Bindings : AlgebraBindings<T>,
                  ColumnBindings<T>,
                  EmbeddingBindings<T>,
                  NormalizationBindings<T>,
                  LossBindings<T>,
                  OptimizerBindings<T>,
                  MemberBindings<T>,
                  ByteBindings<T>,
                  GatherBindings<T>,
                  RandomBindings<T> {};

}  // namespace blastrain
