# Cross-compiles for 64-bit ARM with Debian's g++-aarch64-linux-gnu; scripts/arm64.sh unpacks OpenBLAS for it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu ${CMAKE_CURRENT_LIST_DIR}/../.cache/arm64)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
