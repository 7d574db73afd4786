# With BLASTRAIN_OWN_BLAS there is nothing to find: native/blas/own_library.cc stands in.
option(BLASTRAIN_OWN_BLAS "compute all products in the addon itself, without a BLAS library" OFF)
if(BLASTRAIN_OWN_BLAS)
  set(BLAS_LIBRARIES "")
  set(CBLAS_INCLUDE_DIR "")
  message(STATUS "BLAS: the addon's own")
  return()
endif()

# Finds a BLAS with a C interface: BLAS_LIBRARIES and CBLAS_INCLUDE_DIR, unless these are given. BLA_VENDOR, as a definition or in
# the environment, selects one by its name in CMake's FindBLAS. The default is OpenBLAS, on macOS Accelerate, or else any
# other that is installed.

set(INSTALL_BLAS "on Debian or Ubuntu type: apt-get install libopenblas-dev")
set(HEADER_FOLDERS openblas openblas-pthread openblas-openmp openblas-serial blis atlas)
if(NOT DEFINED BLA_VENDOR AND DEFINED ENV{BLA_VENDOR})
  set(BLA_VENDOR $ENV{BLA_VENDOR})
endif()

# For the addon that the package carries. Debian has three variants; this is the one of libopenblas-dev.
find_library(OPENBLAS_ARCHIVE NAMES libopenblas.a PATH_SUFFIXES openblas-pthread)

if(CMAKE_CROSSCOMPILING)
  set(BLAS_LIBRARIES ${OPENBLAS_ARCHIVE})
  set(HEADER_FOLDERS openblas-pthread)
elseif(NOT BLAS_LIBRARIES AND DEFINED BLA_VENDOR)
  find_package(BLAS QUIET)
elseif(NOT BLAS_LIBRARIES)
  if(APPLE)
    set(BLA_VENDOR Apple)
    set(HEADER_HINTS "${CMAKE_OSX_SYSROOT}/System/Library/Frameworks/Accelerate.framework/Frameworks/vecLib.framework/Headers")
  else()
    set(BLA_VENDOR OpenBLAS)
  endif()
  find_package(BLAS QUIET)
  if(NOT BLAS_FOUND)
    set(BLA_VENDOR All)
    find_package(BLAS QUIET)
  endif()
endif()
find_path(CBLAS_INCLUDE_DIR cblas.h HINTS ${HEADER_HINTS} PATH_SUFFIXES ${HEADER_FOLDERS})

if(NOT BLAS_LIBRARIES)
  message(FATAL_ERROR "No BLAS was found; ${INSTALL_BLAS}")
elseif(NOT CBLAS_INCLUDE_DIR)
  message(FATAL_ERROR "The header cblas.h was not found for ${BLAS_LIBRARIES}; ${INSTALL_BLAS}")
endif()

# Some libraries have only FORTRAN's interface; an addon linked with one does not load.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_INCLUDES ${CBLAS_INCLUDE_DIR})
set(CMAKE_REQUIRED_LIBRARIES ${BLAS_LIBRARIES})
check_cxx_source_compiles("extern \"C\" {\n#include <cblas.h>\n}\nint main() { return cblas_sdot(0, nullptr, 1, nullptr, 1) != 0; }" HAS_CBLAS)
if(NOT HAS_CBLAS)
  message(FATAL_ERROR "No C interface (cblas_sdot) is in ${BLAS_LIBRARIES}; ${INSTALL_BLAS}")
endif()
message(STATUS "BLAS: ${BLAS_LIBRARIES}")
