# OpenBLAS has every routine once for each CPU, listed in a table per CPU, of which it chooses one at run time. Most are routines that we
# never call: the linker replaces them by one function that ends the process and leaves them out. 3 MB instead of 25.
# usage: cmake -DNM=nm -DARCHIVE=libopenblas.a -DOUTPUT=FILE -P left-out.cmake      writes the linker's options into the file
execute_process(COMMAND ${NM} --undefined-only ${ARCHIVE} OUTPUT_VARIABLE LISTING ERROR_QUIET)
string(REGEX MATCHALL "setparam_[A-Z0-9_]+\\.o:[^:]*" TABLES "${LISTING}")
set(OPTIONS "")
foreach(TABLE ${TABLES})
  string(REGEX MATCH "setparam_([A-Z0-9_]+)" UNUSED ${TABLE})
  string(REGEX MATCHALL "[a-z0-9]+_[A-Za-z0-9_]*_${CMAKE_MATCH_1}\n" ROUTINES "${TABLE}")
  list(FILTER ROUTINES EXCLUDE REGEX "^[sd](gemm|axpy|copy|dot|nrm2|scal)_")
  list(TRANSFORM ROUTINES REPLACE "(.*)\n" "--defsym=\\1=blastrain_left_out\n")
  string(CONCAT OPTIONS "${OPTIONS}" ${ROUTINES})
endforeach()
file(WRITE ${OUTPUT} "${OPTIONS}")
