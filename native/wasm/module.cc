// The WebAssembly module: the kernels of tables.h, the frame that their arguments are read from, and the memory that arrays live in. What
// JavaScript makes of it is in lib/kernels/wasm.

#include <new>

#include "pool.h"
#include "tables.h"
#include "wasm/heap.h"

#define BLASTRAIN_EXPORT(name) extern "C" __attribute__((export_name(name)))

namespace blastrain {

static Heap heap;

// Of float32, float64 and bfloat16: lines of a name, a function and whether it returns a number.
static const Table& TableOf(int32_t number) { return number == 0 ? kFloat32Table : number == 1 ? kFloat64Table : kBfloat16Table; }
BLASTRAIN_EXPORT("kernels") const Kernel* ListKernels(int32_t table) { return TableOf(table).first; }
BLASTRAIN_EXPORT("kernelCount") int32_t CountKernels(int32_t table) { return int32_t(TableOf(table).count); }

// Whether multiply-adds are fused, as relaxed SIMD has them.
BLASTRAIN_EXPORT("isRelaxed") int32_t IsRelaxed() {
#ifdef __wasm_relaxed_simd__
  return 1;
#else
  return 0;
#endif
}

BLASTRAIN_EXPORT("frame") Slot* FrameOfArguments() { return frame; }

// How many threads share the work of large calls, and into how many parts these divide it; 0 for as many as threads.
BLASTRAIN_EXPORT("setThreads") void SetThreads(int32_t threads, int32_t divisions) {
  Pool::Shared().SetThreads(threads);
  Pool::SetDivisions(divisions);
}

// For a thread that may sleep while it waits for others.
BLASTRAIN_EXPORT("allowSleep") void AllowSleep() { may_sleep = true; }

// What the pool's i-th thread does, on a stack and with variables of its own; after an error that JavaScript has thrown through it, again.
BLASTRAIN_EXPORT("work") void Work(int32_t i) { Pool::Shared().Work(i); }
BLASTRAIN_EXPORT("fail") void Fail() { Pool::Shared().Fail(); }

// How often these threads have computed parts of calls.
BLASTRAIN_EXPORT("helped") int32_t Helped() { return Pool::Shared().Helped(); }

// After an error that JavaScript has thrown through a call: waits for the threads that compute for it.
BLASTRAIN_EXPORT("settle") void Settle() { Pool::Shared().Settle(); }

// 0 where no gap is as large.
BLASTRAIN_EXPORT("allocate") void* AllocateBlock(uint32_t bytes) { return heap.Allocate(bytes); }
BLASTRAIN_EXPORT("free") void FreeBlock(void* block) { heap.Free(block); }
BLASTRAIN_EXPORT("freeBytes") double FreeBytes() { return heap.FreeBytes(); }

}  // namespace blastrain

void* operator new(size_t bytes) {
  if (void* const block = blastrain::heap.Allocate(bytes)) return block;
  blastrain::RefuseInJavaScript(blastrain::kMemoryFull);
}
void operator delete(void* block) noexcept {
  if (block != nullptr) blastrain::heap.Free(block);
}
void operator delete(void* block, size_t) noexcept { operator delete(block); }

// Blocks begin on cache lines, and nothing asks for more.
void* operator new(size_t bytes, std::align_val_t) { return operator new(bytes); }

// Constants that are made when they are first asked for: their guards, of which the first byte says that they are made and the second that a
// thread is making them. The C++ library's know of one thread.
extern "C" int __cxa_guard_acquire(uint8_t* guard) {
  while (__atomic_load_n(&guard[0], __ATOMIC_ACQUIRE) == 0) {
    if (__atomic_exchange_n(&guard[1], 1, __ATOMIC_ACQUIRE) != 0) continue;
    if (__atomic_load_n(&guard[0], __ATOMIC_ACQUIRE) == 0) return 1;
    __atomic_store_n(&guard[1], 0, __ATOMIC_RELEASE);
  }
  return 0;
}
extern "C" void __cxa_guard_release(uint8_t* guard) {
  __atomic_store_n(&guard[0], 1, __ATOMIC_RELEASE);
  __atomic_store_n(&guard[1], 0, __ATOMIC_RELEASE);
}

// Scratch memory is never destroyed: threads end with the memory.
extern "C" int __cxa_thread_atexit(void (*)(void*), void*, void*) { return 0; }

// Instead of the C++ library's, which would print, and would need a terminal for that.
_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }
_LIBCPP_END_NAMESPACE_STD
