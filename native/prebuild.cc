// Only in prebuilds: binds these functions to their versions of before glibc 2.28, so that the addon loads wherever Node.js
// 20 does. The linker redirects every call of F to __wrap_F (cmake/prebuild.cmake), also those in OpenBLAS and the C++
// library.

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <sched.h>

#if defined(__x86_64__)
#define BLASTRAIN_GLIBC "GLIBC_2.2.5"
#define BLASTRAIN_GLIBC_AFFINITY "GLIBC_2.3.4"
#else
#define BLASTRAIN_GLIBC "GLIBC_2.17"
#define BLASTRAIN_GLIBC_AFFINITY "GLIBC_2.17"
#endif

#define BLASTRAIN_OLD(version, result, name, parameters, arguments)       \
  __asm__(".symver old_" #name ", " #name "@" version);                   \
  result old_##name parameters;                                           \
  result __wrap_##name parameters;                                        \
  result __wrap_##name parameters { return old_##name arguments; }

extern "C" {

using Main = void* (*)(void*);

BLASTRAIN_OLD(BLASTRAIN_GLIBC, double, exp, (double x), (x))
BLASTRAIN_OLD(BLASTRAIN_GLIBC, double, log, (double x), (x))
BLASTRAIN_OLD(BLASTRAIN_GLIBC, double, hypot, (double x, double y), (x, y))
BLASTRAIN_OLD(BLASTRAIN_GLIBC, int, pthread_create, (pthread_t* thread, const pthread_attr_t* attributes, Main main, void* argument),
              (thread, attributes, main, argument))
BLASTRAIN_OLD(BLASTRAIN_GLIBC, int, pthread_detach, (pthread_t thread), (thread))
BLASTRAIN_OLD(BLASTRAIN_GLIBC, int, pthread_join, (pthread_t thread, void** result), (thread, result))
BLASTRAIN_OLD(BLASTRAIN_GLIBC, int, pthread_mutex_trylock, (pthread_mutex_t* mutex), (mutex))
BLASTRAIN_OLD(BLASTRAIN_GLIBC_AFFINITY, int, pthread_getaffinity_np, (pthread_t thread, size_t size, cpu_set_t* cpus),
              (thread, size, cpus))
BLASTRAIN_OLD(BLASTRAIN_GLIBC_AFFINITY, int, pthread_setaffinity_np, (pthread_t thread, size_t size, const cpu_set_t* cpus),
              (thread, size, cpus))

// Tells the C++ library that it must count references atomically; glibc has it only since 2.32.
extern char __libc_single_threaded;
char __libc_single_threaded = 0;

// The linker puts this in place of OpenBLAS's routines that the addon leaves out (cmake/prebuild.cmake).
[[noreturn]] void blastrain_left_out();
void blastrain_left_out() {
  std::fputs("blastrain: OpenBLAS called a routine that the prebuilt addon is without\n", stderr);
  std::abort();
}
}
