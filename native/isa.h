// Which instructions the addon's own products use: the best that CPU and operating system offer, or fewer if the environment
// variable BLASTRAIN_ISA says so. It does not concern OpenBLAS, which has OPENBLAS_CORETYPE, nor the loops of
// kernels/loops.h, which give the same bits with any instructions.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
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
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned bf16 = 1u << 22, tile = 1u << 24;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0 || (edx & bf16) == 0 || (edx & tile) == 0) return false;
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM of asm/prctl.h; XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

// The best of the CPU's vector instructions, AMX aside.
inline Isa Vectors() {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Isa::kGeneric;
  return __builtin_cpu_supports("avx512f") ? Isa::kAvx512 : Isa::kAvx2;
#else
  return Isa::kGeneric;
#endif
}

// Whether the CPU has AVX512-BF16.
inline bool Avx512HasBfloat16() {
#if defined(__x86_64__) && defined(__GNUC__)
  return Vectors() == Isa::kAvx512 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

struct Instructions {
  Instructions() {
    // Another value counts as none here; lib/kernels refuses it.
    const char* value = std::getenv("BLASTRAIN_ISA");
    const std::string requested = value == nullptr ? "" : value;
    const auto at = std::find(std::begin(kIsaNames), std::end(kIsaNames), requested);
    const Isa max = at == std::end(kIsaNames) ? Isa::kAmx : Isa(at - kIsaNames);
    vectors = std::min(max, Vectors());
    bfloat16 = max >= Isa::kAvx512 && Avx512HasBfloat16();
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
  bool amx;
  // Whether amx was requested on a CPU without it: plain C++ then computes what AMX would.
  bool emulated;
};

// Determined once for the process.
inline const Instructions& UsedInstructions() {
  static const Instructions used;
  return used;
}

}  // namespace blastrain
