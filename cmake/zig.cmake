# Cross-compiles with Zig's clang, which has the C and C++ libraries of many systems in it. ZIG is its path, ZIG_TARGET names the system as Zig does.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG ZIG_TARGET)
string(REGEX MATCH "^([^-]+)-([a-z]+)" UNUSED ${ZIG_TARGET})
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_MATCH_1})
set(NAME_linux Linux)
set(NAME_windows Windows)
set(NAME_macos Darwin)
set(CMAKE_SYSTEM_NAME ${NAME_${CMAKE_MATCH_2}})
set(CMAKE_CXX_COMPILER ${ZIG} c++ -target ${ZIG_TARGET})
set(CMAKE_INSTALL_NAME_TOOL true)  # For macOS CMake wants one, but calls it only as it installs.

# Zig compiles those libraries when it first needs them, once for each kind of optimisation and debugging. CMake's tests of the compiler would need
# kinds that the addon does not, which takes minutes: what they would find is said here.
set(CMAKE_CXX_COMPILER_FORCED TRUE)
set(CMAKE_CXX_COMPILER_ID_RUN TRUE)
set(CMAKE_CXX_COMPILER_ID Clang)
set(CMAKE_CXX_COMPILER_VERSION 22.1)
set(CMAKE_CXX_STANDARD_COMPUTED_DEFAULT 17)
set(CMAKE_CXX_COMPILER_FRONTEND_VARIANT GNU)
set(CMAKE_SIZEOF_VOID_P 8)
set(CMAKE_HAVE_LIBC_PTHREAD TRUE CACHE BOOL "")
