# The addon for other machines, the target `prebuild`: it depends only on the system's libraries, and exports only the Node-API entry points.

if(NOT BLASTRAIN_OWN_BLAS AND NOT OPENBLAS_ARCHIVE)
  add_custom_target(prebuild
    COMMAND ${CMAKE_COMMAND} -E echo "libopenblas.a was not found, which the package's addon contains; ${INSTALL_BLAS}"
    COMMAND ${CMAKE_COMMAND} -E false)
  return()
endif()

if(BLASTRAIN_OWN_BLAS)
  add_addon(prebuild own_library EXCLUDE_FROM_ALL)
else()
  add_addon(prebuild linked_library EXCLUDE_FROM_ALL)
  target_link_libraries(prebuild PRIVATE ${OPENBLAS_ARCHIVE})
endif()
set(PREBUILD ${CMAKE_BINARY_DIR}/prebuild)
set_target_properties(prebuild PROPERTIES
  LIBRARY_OUTPUT_DIRECTORY ${PREBUILD} RUNTIME_OUTPUT_DIRECTORY ${PREBUILD} ARCHIVE_OUTPUT_DIRECTORY ${PREBUILD})

if(BLASTRAIN_OWN_BLAS)  # By cmake/zig.cmake, which links the C++ library by itself.
  if(APPLE)
    # Node exports them; which is found out as the addon is loaded.
    target_link_options(prebuild PRIVATE -Wl,-undefined,dynamic_lookup -Wl,-dead_strip -Wl,-x)
  else()
    target_link_options(prebuild PRIVATE -Wl,--gc-sections -s)
  endif()
  if(WIN32)
    set(HEADERS ${CMAKE_JS_INC})
    list(FILTER HEADERS INCLUDE REGEX node-api-headers)
    file(STRINGS ${HEADERS}/../def/node_api.def FUNCTIONS REGEX "^(napi|node_api)_")
    list(TRANSFORM FUNCTIONS REPLACE "(.+)" "BLASTRAIN_NODE_API(\\1)\n")
    string(CONCAT FUNCTIONS ${FUNCTIONS})
    file(WRITE ${CMAKE_BINARY_DIR}/include/node_api_functions.inc "${FUNCTIONS}")
    target_include_directories(prebuild PRIVATE ${CMAKE_BINARY_DIR}/include)
    target_sources(prebuild PRIVATE native/windows.cc)
  endif()
  return()
endif()

target_sources(prebuild PRIVATE native/prebuild.cc)
target_link_options(prebuild PRIVATE
  -static-libstdc++ -Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro -Wl,-z,now)

# Functions bound to their versions of before glibc 2.28 (native/prebuild.cc).
foreach(FUNCTION exp log hypot pthread_create pthread_detach pthread_join pthread_mutex_trylock pthread_getaffinity_np pthread_setaffinity_np)
  target_link_options(prebuild PRIVATE -Wl,--wrap=${FUNCTION})
endforeach()

# blas/linked_library.cc refers to these weakly, for which the linker does not take members from an archive.
foreach(FUNCTION openblas_get_config openblas_get_corename openblas_get_num_procs openblas_get_num_threads openblas_set_num_threads)
  target_link_options(prebuild PRIVATE -Wl,--undefined=${FUNCTION})
endforeach()

set(LEFT_OUT ${CMAKE_BINARY_DIR}/left-out.txt)
add_custom_command(OUTPUT ${LEFT_OUT}
  COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DARCHIVE=${OPENBLAS_ARCHIVE} -DOUTPUT=${LEFT_OUT} -P ${CMAKE_CURRENT_LIST_DIR}/left-out.cmake
  DEPENDS ${OPENBLAS_ARCHIVE} ${CMAKE_CURRENT_LIST_DIR}/left-out.cmake)
target_sources(prebuild PRIVATE ${LEFT_OUT})
target_link_options(prebuild PRIVATE -Wl,@${LEFT_OUT})
