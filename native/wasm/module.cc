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

// Into how many parts kernels divide their work; 0 for one.
BLASTRAIN_EXPORT("setDivisions") void SetDivisions(int32_t divisions) { Pool::Shared().SetDivisions(divisions); }

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

// Scratch memory is never destroyed, as the module's only thread never ends.
extern "C" int __cxa_thread_atexit(void (*)(void*), void*, void*) { return 0; }

// Instead of the C++ library's, which would print, and would need a terminal for that.
_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }
_LIBCPP_END_NAMESPACE_STD
