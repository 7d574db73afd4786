#!/usr/bin/env bash
# Builds the addon from source with each BLAS that Debian has, and runs `blastrain verify` on each build. The libraries are
# unpacked into build/blas; nothing is installed.
# usage: blas-variants.sh      after npm run build
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p build/blas
work=$PWD/build/blas
multiarch=$(gcc -print-multiarch)
(
  cd "$work"
  apt-get download -qq libopenblas0-pthread libopenblas-pthread-dev libopenblas0-openmp libopenblas-openmp-dev libopenblas0-serial \
    libopenblas-serial-dev libblas3 libblas-dev libatlas3-base libatlas-base-dev libblis4-pthread libblis-pthread-dev libgomp1 libgfortran5
  for package in *.deb; do dpkg-deb --extract "$package" .; done
  rm ./*.deb
  # Debian's alternatives system would link these as cblas.h.
  cd "usr/include/$multiarch"
  mkdir -p blas atlas
  cp cblas_*.h blas
  cp cblas-netlib.h blas/cblas.h
  cp cblas-atlas.h atlas/cblas.h
)

# try NAME LIBRARY HEADER_FOLDER, the last two below the multiarch folders of usr/lib and usr/include
try() {
  local build=$work/$1
  local library=$work/usr/lib/$multiarch/$2 header=$work/usr/include/$multiarch/$3
  local folders
  folders=$(dirname "$library"):$work/usr/lib/$multiarch
  mkdir -p "$build"
  if ! LD_LIBRARY_PATH=$folders npx cmake-js compile -O "$build/build" "--CDBLAS_LIBRARIES=$library" "--CDCBLAS_INCLUDE_DIR=$header" >"$build/log" 2>&1; then
    tail -n 20 "$build/log"
    return 1
  fi
  printf '%-18s %s\n' "$1" "$(LD_LIBRARY_PATH=$folders BLASTRAIN_PREBUILD=$build node dist/cli/main.js verify | tail -n 1)"
}

try openblas-pthread openblas-pthread/libopenblas.so openblas-pthread
try openblas-openmp openblas-openmp/libopenblas.so openblas-openmp
try openblas-serial openblas-serial/libopenblas.so openblas-serial
try reference blas/libblas.so blas
try atlas atlas/libblas.so atlas
try blis blis-pthread/libblis.so blis-pthread
