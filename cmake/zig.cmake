# Cross-compiles with Zig's clang, which has the C and C++ libraries of many systems in it. ZIG is its path, ZIG_TARGET names the system as Zig does.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG ZIG_TARGET)
string(REGEX MATCH "^([^-]+)-([a-z]+)" UNUSED ${ZIG_TARGET})
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_MATCH_1})
set(NAME_linux Linux)
set(NAME_windows Windows)
set(NAME_macos Darwin)
set(CMAKE_SYSTEM_NAME ${NAME_${CMAKE_MATCH_2}})
# Zig compiles those libraries when it first needs them, once for each kind of optimisation: CMake's tests are to need no other than the addon.
set(CMAKE_CXX_COMPILER ${ZIG} c++ -target ${ZIG_TARGET} -O3)
set(CMAKE_INSTALL_NAME_TOOL true)  # For macOS CMake wants one, but calls it only as it installs.
