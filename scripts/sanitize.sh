#!/usr/bin/env bash
# Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer and runs the kernel tests on that build.
# usage: sanitize.sh [jest argument...]
set -euo pipefail
cd "$(dirname "$0")/.."

out=build/asan
mkdir -p "$out"
if ! npx cmake-js build -O "$out/build" --CDBLASTRAIN_SANITIZE=ON >"$out/build.log" 2>&1; then
  tail -n 20 "$out/build.log" >&2
  exit 1
fi

# node links its C++ library statically: without the shared one up front the sanitizer finds no __cxa_throw to watch.
# Leaks are not looked for here: jest keeps modules and contexts to the end.
export BLASTRAIN_PREBUILD="$PWD/$out" BLASTRAIN_BACKEND=native
LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libstdc++.so)" \
ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
  exec node node_modules/jest/bin/jest.js --runInBand __tests__/kernels "$@"
