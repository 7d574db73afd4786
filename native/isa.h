// Which instructions the addon's own products use: the best that CPU and system offer, or less where the environment variable
// BLASTRAIN_ISA says so. OPENBLAS_CORETYPE decides about OpenBLAS's kernels, and the loops of kernels/loops.h give the same
// bits whatever they were compiled for.
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

// Whether this CPU has the tiles of AMX and the system lets the process use their state, which has to be asked for.
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

// What the CPU's vector instructions reach, AMX aside.
inline Isa Vectors() {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Isa::kGeneric;
  return __builtin_cpu_supports("avx512f") ? Isa::kAvx512 : Isa::kAvx2;
#else
  return Isa::kGeneric;
#endif
}

// Whether AVX-512 here multiplies bfloat16.
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
    // lib/kernels refuses a word that is none of the names.
    const char* word = std::getenv("BLASTRAIN_ISA");
    const std::string wish = word == nullptr ? "" : word;
    const auto at = std::find(std::begin(kIsaNames), std::end(kIsaNames), wish);
    const Isa most = at == std::end(kIsaNames) ? Isa::kAmx : Isa(at - kIsaNames);
    vectors = std::min(most, Vectors());
    bfloat16 = most >= Isa::kAvx512 && Avx512HasBfloat16();
    amx = most == Isa::kAmx && MayUseAmx();
    emulated = wish == kIsaNames[int(Isa::kAmx)] && !amx;
  }

  std::string Name() const {
    if (emulated) return "amx-emulated";
    return kIsaNames[int(amx ? Isa::kAmx : vectors)];
  }

  Isa vectors;
  // Whether the vector instructions include products of bfloat16.
  bool bfloat16;
  bool amx;
  // Whether amx was asked for where there is none: plain C++ then computes what its tiles would.
  bool emulated;
};

// Found out once for the process.
inline const Instructions& UsedInstructions() {
  static const Instructions used;
  return used;
}

}  // namespace blastrain
