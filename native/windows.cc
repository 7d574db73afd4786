// Only on Windows: the functions of Node-API. A DLL names the program that it takes functions from, node.exe, and does not load into one of another
// name, as Electron's and single executables are. So each is a jump to an address that is looked up in the running program, whatever its name.
// Windows's compilers do this by delayed loading, which Zig's linker does not offer.

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "stay_loaded.h"

// BLASTRAIN_NODE_API(name) for each function, written by cmake/prebuild.cmake.
#define BLASTRAIN_NODE_API(name)                   \
  extern "C" FARPROC blastrain_##name;             \
  FARPROC blastrain_##name = nullptr;              \
  __asm__(".text\n.globl " #name "\n" #name ":\n" \
          "  jmp *blastrain_" #name "(%rip)\n");
#include "node_api_functions.inc"
#undef BLASTRAIN_NODE_API

namespace {

// As the DLL is loaded. What an older Node.js is without stays null; the addon calls nothing of later than NAPI_VERSION.
__attribute__((constructor)) void FindNodeApi() {
  const HMODULE library = GetModuleHandleW(L"libnode.dll");
  const HMODULE program = library != nullptr ? library : GetModuleHandleW(nullptr);
#define BLASTRAIN_NODE_API(name) blastrain_##name = GetProcAddress(program, #name);
#include "node_api_functions.inc"
#undef BLASTRAIN_NODE_API
}

}  // namespace

namespace blastrain {

void StayLoaded() {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN, reinterpret_cast<LPCWSTR>(&StayLoaded), &module);
}

}  // namespace blastrain
