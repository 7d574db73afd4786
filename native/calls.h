// One function per kernel of lib/kernels/contract.ts: reads its arguments in the contract's order, then runs it.
#pragma once

#include "calls/algebra.h"
#include "calls/bytes.h"
#include "calls/gather.h"
#include "calls/loss.h"
#include "calls/normalization.h"
#include "calls/optimizer.h"

namespace blastrain {

template <typename T>
struct Calls : AlgebraCalls<T>,
               NormalizationCalls<T>,
               LossCalls<T>,
               OptimizerCalls<T>,
               ByteCalls<T>,
               GatherCalls<T> {};

}  // namespace blastrain
