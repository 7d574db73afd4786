// The CPU's features that matter to dense arithmetic: what the addon's own products choose their instructions by, and what `blastrain doctor` and
// a run's record show. By CPUID itself, as the built-in functions of compilers differ: clang's is false without its own run-time library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace blastrain {

#if defined(__x86_64__)

// State that the operating system has to save for a feature: bits of XCR0.
inline constexpr uint32_t kSseState = 0, kAvxState = 0x6, kAvx512State = 0xe6, kAmxState = 0x60000;

struct CpuFeature {
  const char* name;
  unsigned leaf, subleaf;
  int reg;  // 0 for EAX, 1 for EBX, 2 for ECX, 3 for EDX.
  int bit;
  uint32_t state;
};
inline constexpr CpuFeature kCpuFeatures[] = {
    {"sse4.2", 1, 0, 2, 20, kSseState},       {"avx", 1, 0, 2, 28, kAvxState},          {"avx2", 7, 0, 1, 5, kAvxState},
    {"fma", 1, 0, 2, 12, kAvxState},          {"avx512f", 7, 0, 1, 16, kAvx512State},   {"avx512dq", 7, 0, 1, 17, kAvx512State},
    {"avx512bw", 7, 0, 1, 30, kAvx512State},  {"avx512vl", 7, 0, 1, 31, kAvx512State},  {"avx512vnni", 7, 0, 2, 11, kAvx512State},
    {"avx512vbmi", 7, 0, 2, 1, kAvx512State}, {"avx512bf16", 7, 1, 0, 5, kAvx512State}, {"amx-bf16", 7, 0, 3, 22, kAmxState},
    {"amx-tile", 7, 0, 3, 24, kAmxState},     {"amx-int8", 7, 0, 3, 25, kAmxState},
};

// XCR0; 0 where the operating system does not use it.
inline uint32_t SavedState() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx >> 27 & 1) == 0) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

inline bool Has(const CpuFeature& feature) {
  unsigned registers[4] = {};
  if (__get_cpuid_count(feature.leaf, feature.subleaf, &registers[0], &registers[1], &registers[2], &registers[3]) == 0) return false;
  return (registers[feature.reg] >> feature.bit & 1) != 0 && (SavedState() & feature.state) == feature.state;
}

inline bool CpuHas(std::string_view name) {
  for (const CpuFeature& feature : kCpuFeatures) {
    if (name == feature.name) return Has(feature);
  }
  return false;
}

// Whether CPUID names that vendor.
inline bool CpuIsOf(std::string_view vendor) {
  unsigned leaf = 0, name[3] = {};
  return __get_cpuid(0, &leaf, &name[0], &name[2], &name[1]) != 0 && vendor == std::string_view(reinterpret_cast<const char*>(name), sizeof name);
}

inline std::vector<std::string> CpuFeatures() {
  std::vector<std::string> features;
  for (const CpuFeature& feature : kCpuFeatures) {
    if (Has(feature)) features.emplace_back(feature.name);
  }
  return features;
}

#else

inline std::vector<std::string> CpuFeatures() {
#if defined(__aarch64__)
  return {"neon"};
#else
  return {};
#endif
}
inline bool CpuHas(std::string_view) { return false; }
inline bool CpuIsOf(std::string_view) { return false; }

#endif

}  // namespace blastrain
