// Which instructions the addon's own products use: the best that CPU and operating system offer, or fewer if the environment
// variable BLASTRAIN_ISA says so. It does not concern OpenBLAS, which has OPENBLAS_CORETYPE, nor the loops of
// kernels/loops.h, which give the same bits with any instructions.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>

#include "cpu.h"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace blastrain {

// Each includes those before it.
enum class Isa { kGeneric, kAvx2, kAvx512, kAmx };
inline constexpr const char* kIsaNames[] = {"generic", "avx2", "avx512", "amx"};

// Whether this CPU has AMX-BF16 and the operating system permits it to the process, which has to request it.
inline bool MayUseAmx() {
#if defined(__x86_64__) && defined(__linux__)
  if (!CpuHas("amx-tile") || !CpuHas("amx-bf16")) return false;
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM of asm/prctl.h; XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

// The best of the CPU's vector instructions, AMX aside.
inline Isa Vectors() {
  if (!CpuHas("avx2") || !CpuHas("fma")) return Isa::kGeneric;
  return CpuHas("avx512f") ? Isa::kAvx512 : Isa::kAvx2;
}

// Whether the CPU has AVX512-BF16.
inline bool Avx512HasBfloat16() {
  return Vectors() == Isa::kAvx512 && CpuHas("avx512bw") && CpuHas("avx512vl") && CpuHas("avx512bf16");
}

#if defined(__wasm__)

// A module is compiled for its instructions, and reads no variables.
struct Instructions {
  Isa vectors = Isa::kGeneric;
  bool bfloat16 = false, bytes = false, bfloat16_products = false, amx = false, emulated = false;
};

#else

struct Instructions {
  Instructions() {
    // Another value counts as none here; lib/kernels refuses it.
    const char* value = std::getenv("BLASTRAIN_ISA");
    const std::string requested = value == nullptr ? "" : value;
    const auto at = std::find(std::begin(kIsaNames), std::end(kIsaNames), requested);
    const Isa max = at == std::end(kIsaNames) ? Isa::kAmx : Isa(at - kIsaNames);
    vectors = std::min(max, Vectors());
    bfloat16 = max >= Isa::kAvx512 && Avx512HasBfloat16();
    bytes = bfloat16 && CpuHas("avx512vbmi") && CpuHas("avx512vnni");
    bfloat16_products = bfloat16 && !CpuIsOf("GenuineIntel");
    amx = max == Isa::kAmx && MayUseAmx();
    emulated = requested == kIsaNames[int(Isa::kAmx)] && !amx;
  }

  std::string Name() const {
    if (emulated) return "amx-emulated";
    return kIsaNames[int(amx ? Isa::kAmx : vectors)];
  }

  Isa vectors;
  // Whether AVX512-BF16 may be used.
  bool bfloat16;
  // Whether its products are faster than fused multiply-adds of float32: Intel's CPUs do a quarter as many, each of twice the products.
  bool bfloat16_products;
  // Whether AVX512-VBMI and AVX512-VNNI may be used with it, which permute bytes and widen them.
  bool bytes;
  bool amx;
  // Whether amx was requested on a CPU without it: plain C++ then computes what AMX would.
  bool emulated;
};

#endif

// Determined once for the process.
inline const Instructions& UsedInstructions() {
  static const Instructions used;
  return used;
}

}  // namespace blastrain
