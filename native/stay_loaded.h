// Keeps the addon in the process. Node.js unloads it when the worker thread that loaded it ends, but the pool's threads go on running its code.
#pragma once

#if defined(__APPLE__)
#include <dlfcn.h>
#endif

namespace blastrain {

#if defined(_WIN32)

void StayLoaded();  // windows.cc, as windows.h would come before the kernels with macros for near and far.

#elif defined(__APPLE__)

inline void StayLoaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&StayLoaded), &info) != 0) dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

#else

inline void StayLoaded() {}  // The linker sees to it: -z nodelete.

#endif

}  // namespace blastrain
