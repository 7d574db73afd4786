# The addon for other machines: it depends only on the system's libraries, and exports only the Node-API entry points.

target_compile_options(blastrain PRIVATE -ffunction-sections -fdata-sections)

if(BLASTRAIN_OWN_BLAS)  # By cmake/zig.cmake, which links the C++ library by itself.
  if(APPLE)
    # Node exports them; which is found out as the addon is loaded.
    target_link_options(blastrain PRIVATE -Wl,-undefined,dynamic_lookup -Wl,-dead_strip -Wl,-x)
  else()
    target_link_options(blastrain PRIVATE -Wl,--gc-sections -s)
  endif()
  if(WIN32)
    set(HEADERS ${CMAKE_JS_INC})
    list(FILTER HEADERS INCLUDE REGEX node-api-headers)
    execute_process(
      COMMAND ${ZIG} dlltool -m i386:x86-64 -D node.exe -d ${HEADERS}/../def/node_api.def -l ${CMAKE_BINARY_DIR}/libnode.a
      COMMAND_ERROR_IS_FATAL ANY)
    target_link_libraries(blastrain PRIVATE ${CMAKE_BINARY_DIR}/libnode.a)
  endif()
  return()
endif()

target_sources(blastrain PRIVATE native/prebuild.cc)
target_link_options(blastrain PRIVATE
  -static-libstdc++ -Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro -Wl,-z,now)

# Functions bound to their versions of before glibc 2.28 (native/prebuild.cc).
foreach(FUNCTION exp log hypot pthread_create pthread_detach pthread_join pthread_mutex_trylock pthread_getaffinity_np pthread_setaffinity_np)
  target_link_options(blastrain PRIVATE -Wl,--wrap=${FUNCTION})
endforeach()

# blas.h refers to these weakly, for which the linker does not take members from an archive.
foreach(FUNCTION openblas_get_config openblas_get_corename openblas_get_num_procs openblas_get_num_threads openblas_set_num_threads)
  target_link_options(blastrain PRIVATE -Wl,--undefined=${FUNCTION})
endforeach()

# OpenBLAS has every routine once for each CPU, listed in a table per CPU, of which it chooses one at run time. Most are routines that we
# never call: the linker replaces them by one function that ends the process and leaves them out. 3 MB instead of 25.
execute_process(COMMAND ${CMAKE_NM} --undefined-only ${BLAS_LIBRARIES} OUTPUT_VARIABLE LISTING ERROR_QUIET)
string(REGEX MATCHALL "setparam_[A-Z0-9_]+\\.o:[^:]*" TABLES "${LISTING}")
set(OPTIONS "")
foreach(TABLE ${TABLES})
  string(REGEX MATCH "setparam_([A-Z0-9_]+)" UNUSED ${TABLE})
  string(REGEX MATCHALL "[a-z0-9]+_[A-Za-z0-9_]*_${CMAKE_MATCH_1}\n" ROUTINES "${TABLE}")
  list(FILTER ROUTINES EXCLUDE REGEX "^[sd](gemm|axpy|copy|dot|nrm2|scal)_")
  list(TRANSFORM ROUTINES REPLACE "(.*)\n" "--defsym=\\1=blastrain_left_out\n")
  string(CONCAT OPTIONS "${OPTIONS}" ${ROUTINES})
endforeach()
file(WRITE ${CMAKE_BINARY_DIR}/left-out.txt "${OPTIONS}")
target_link_options(blastrain PRIVATE -Wl,@${CMAKE_BINARY_DIR}/left-out.txt)
