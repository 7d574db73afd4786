// Macros for the loops of all kernels.
#pragma once

// BLASTRAIN_KERNEL: the function is compiled once per vector width, and the loader chooses the best for the CPU (200x3072
// bytes to floats: 43 us with AVX-512, 75 us with the SSE2 that every x86-64 has). Not under AddressSanitizer: the loader
// chooses before the sanitizer is initialised.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define BLASTRAIN_KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BLASTRAIN_KERNEL
#endif

// BLASTRAIN_INLINE: a part of such a function, compiled with it for each vector width.
#define BLASTRAIN_INLINE inline __attribute__((always_inline))

// BLASTRAIN_ELEMENTWISE: element i of the outputs depends on element i of the inputs alone, so the loop may vectorise
// even where the contract lets an output be the same array as an input.
#if defined(__clang__)
#define BLASTRAIN_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")
#else
#define BLASTRAIN_ELEMENTWISE _Pragma("GCC ivdep")
#endif

namespace blastrain {

// Whether memory can be fetched ahead.
#if defined(__wasm__)
inline constexpr bool kPrefetches = false;  // It has no instruction for that.
#else
inline constexpr bool kPrefetches = true;
#endif

}  // namespace blastrain
