// How fast this CPU multiplies and adds where nothing else takes time: chains of multiply-adds whose operands stay in registers. It is the
// limit that benchmarks hold products against.
#pragma once

#include <cstdint>
#include <type_traits>

#include "gemm/bf16/micro_kernels.h"
#include "gemm/simd.h"
#include "isa.h"
#include "pool.h"

namespace blastrain {

// Chains that are computed in turn: with 12 no instruction waits for one before, and AVX2's 16 registers hold them.
inline constexpr int kChains = 12;

// sums[i] <- sums[i] / 2 + 1, `rounds` times for each vector of kChains in memory.
#define BLASTRAIN_CHAINS(target, name)                                                                       \
  template <typename S>                                                                                      \
  target void name(int64_t rounds, typename S::T* sums) {                                                    \
    constexpr int lanes = sizeof(typename S::V) / sizeof(typename S::T);                                     \
    const typename S::V half = S::Broadcast(typename S::T(0.5)), one = S::Broadcast(typename S::T(1));       \
    typename S::V v[kChains];                                                                                \
    _Pragma("GCC unroll 16") for (int i = 0; i < kChains; i++) v[i] = S::Load(sums + i * lanes);             \
    for (int64_t round = 0; round < rounds; round++) {                                                       \
      _Pragma("GCC unroll 16") for (int i = 0; i < kChains; i++) v[i] = S::Fma(v[i], half, one);             \
    }                                                                                                        \
    _Pragma("GCC unroll 16") for (int i = 0; i < kChains; i++) S::Store(sums + i * lanes, v[i]);             \
  }
BLASTRAIN_CHAINS(, Chains128)
#if defined(BLASTRAIN_SIMD)
BLASTRAIN_CHAINS(BLASTRAIN_AVX512, Avx512Chains)
BLASTRAIN_CHAINS(BLASTRAIN_AVX2, Avx2Chains)
#endif
#undef BLASTRAIN_CHAINS

#if defined(BLASTRAIN_BF16)

BLASTRAIN_AVX512_BF16 inline void Avx512Bfloat16Chains(int64_t rounds, float* sums) {
  __m512 v[kChains];
  const __m512bh pairs = (__m512bh)_mm512_set1_epi32(0x3f803f80);  // 1 and 1
  _Pragma("GCC unroll 16") for (int i = 0; i < kChains; i++) v[i] = _mm512_loadu_ps(sums + i * 16);
  for (int64_t round = 0; round < rounds; round++) {
    _Pragma("GCC unroll 16") for (int i = 0; i < kChains; i++) v[i] = _mm512_dpbf16_ps(v[i], pairs, pairs);
  }
  _Pragma("GCC unroll 16") for (int i = 0; i < kChains; i++) _mm512_storeu_ps(sums + i * 16, v[i]);
}

// Of four tiles.
BLASTRAIN_AMX inline void AmxChains(int64_t rounds) {
  const bf16::AmxScope amx;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(6);
  for (int64_t round = 0; round < rounds; round++) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 6);
    _tile_dpbf16ps(2, 4, 6);
    _tile_dpbf16ps(3, 4, 6);
  }
}

#endif

// Computes chains of the widest instructions in use, about `flops` FLOPs on each thread. Returns how many there were on all.
template <typename T>
double MultiplyAdds(int64_t flops) {
  void (*chains)(int64_t, T*) = Chains128<Vector128<T>>;
  int64_t lanes = 16 / sizeof(T);
#if defined(BLASTRAIN_SIMD)
  constexpr bool single = std::is_same_v<T, float>;
  if (UsedInstructions().vectors >= Isa::kAvx512) {
    chains = Avx512Chains<std::conditional_t<single, Avx512Float, Avx512Double>>;
    lanes = 64 / sizeof(T);
  } else if (UsedInstructions().vectors >= Isa::kAvx2) {
    chains = Avx2Chains<std::conditional_t<single, Avx2Float, Avx2Double>>;
    lanes = 32 / sizeof(T);
  }
#endif
  const int64_t rounds = flops / (2 * kChains * lanes) + 1;
  const int threads = Pool::Shared().Threads();
  Pool::Shared().Run(threads, [=](int) {
    T sums[kChains * 64 / sizeof(T)] = {};
    chains(rounds, sums);
    asm volatile("" : : "r"(sums) : "memory");
  });
  return 2.0 * double(rounds) * double(kChains * lanes * threads);
}

// The same of products of bfloat16; 0 where plain C++ computes them.
inline double Bfloat16MultiplyAdds(int64_t flops) {
#if defined(BLASTRAIN_BF16)
  const Instructions& used = UsedInstructions();
  const int threads = Pool::Shared().Threads();
  if (used.amx) {
    constexpr int64_t each = 4 * 2 * 16 * 16 * 32;
    const int64_t rounds = flops / each + 1;
    Pool::Shared().Run(threads, [=](int) { AmxChains(rounds); });
    return double(rounds) * double(each * threads);
  }
  if (used.bfloat16_products && !used.emulated) {
    constexpr int64_t each = kChains * 2 * 32;
    const int64_t rounds = flops / each + 1;
    Pool::Shared().Run(threads, [=](int) {
      float sums[kChains * 16] = {};
      Avx512Bfloat16Chains(rounds, sums);
      asm volatile("" : : "r"(sums) : "memory");
    });
    return double(rounds) * double(each * threads);
  }
  if (used.vectors >= Isa::kAvx2 && !used.emulated) return MultiplyAdds<float>(flops);  // As gemm/bf16/fma_kernels.h.
#elif defined(__aarch64__)
  return MultiplyAdds<float>(flops);
#endif
  static_cast<void>(flops);
  return 0;
}

}  // namespace blastrain
