// The CPU's features that matter to dense arithmetic, for `blastrain doctor` and a run's record.
#pragma once

#include <string>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace blastrain {

#if defined(__x86_64__)
inline std::vector<std::string> CpuFeatures() {
  std::vector<std::string> features;
  const auto add = [&features](const char* name, bool present) {
    if (present) features.emplace_back(name);
  };
  __builtin_cpu_init();
  add("sse4.2", __builtin_cpu_supports("sse4.2"));
  add("avx", __builtin_cpu_supports("avx"));
  add("avx2", __builtin_cpu_supports("avx2"));
  add("fma", __builtin_cpu_supports("fma"));
  add("avx512f", __builtin_cpu_supports("avx512f"));
  add("avx512dq", __builtin_cpu_supports("avx512dq"));
  add("avx512bw", __builtin_cpu_supports("avx512bw"));
  add("avx512vl", __builtin_cpu_supports("avx512vl"));
  add("avx512vnni", __builtin_cpu_supports("avx512vnni"));
  add("avx512bf16", __builtin_cpu_supports("avx512bf16"));
  // GCC 12 does not name AMX: CPUID leaf 7, EDX has it.
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0) {
    add("amx-bf16", (edx >> 22 & 1) != 0);
    add("amx-tile", (edx >> 24 & 1) != 0);
    add("amx-int8", (edx >> 25 & 1) != 0);
  }
  return features;
}
#elif defined(__aarch64__)
inline std::vector<std::string> CpuFeatures() { return {"neon"}; }
#else
inline std::vector<std::string> CpuFeatures() { return {}; }
#endif

}  // namespace blastrain
