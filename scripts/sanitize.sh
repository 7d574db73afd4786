#!/usr/bin/env bash
# Builds the addon with a sanitizer of gcc and runs tests with it.
#   address    AddressSanitizer and UndefinedBehaviorSanitizer, under the kernel tests and hostile calls
#   undefined  UndefinedBehaviorSanitizer alone, which finds overflows that it misses together with AddressSanitizer
#   thread     ThreadSanitizer: the pool under several worker threads
#   leak       LeakSanitizer: memory that is still allocated but unreachable when the process ends
# usage: sanitize.sh [address|undefined|thread|leak] [jest argument...]
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-address}
[ $# -eq 0 ] || shift
case $mode in
  address) sanitizers=address,undefined ;;
  leak) sanitizers=address ;;
  undefined | thread) sanitizers=$mode ;;
  *) echo "Expected address, undefined, thread or leak but received '$mode'" >&2; exit 1 ;;
esac

out=build/sanitize-$mode
mkdir -p "$out"
if ! npx cmake-js build -O "$out/build" --CDBLASTRAIN_SANITIZE="$sanitizers" >"$out/build.log" 2>&1; then
  tail -n 20 "$out/build.log" >&2
  exit 1
fi
export BLASTRAIN_PREBUILD="$PWD/$out" BLASTRAIN_BACKEND=native

# Paths of gcc's run-time libraries, to preload. node links its C++ library statically; without the shared one preloaded, the sanitizer
# finds no __cxa_throw to intercept.
library() { gcc -print-file-name="lib$1.so"; }
jest() { node node_modules/jest/bin/jest.js --runInBand __tests__/kernels "$@"; }
case $mode in
  address)
    # No leak detection here: jest keeps modules and contexts until the process ends.
    export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1
    export LD_PRELOAD="$(library asan) $(library stdc++)"
    jest "$@"
    node scripts/faults/main.js --only call:native --folder "$out/faults" ;;
  undefined)
    UBSAN_OPTIONS=print_stacktrace=1 jest "$@" ;;
  leak)
    LD_PRELOAD="$(library asan) $(library stdc++)" ASAN_OPTIONS=detect_leaks=1 node scripts/faults/exercise.js ;;
  thread)
    # node is not instrumented, so that its own synchronisation is reported as races: only reports that name the addon count.
    rm -f "$out"/report.*
    LD_PRELOAD=$(library tsan) TSAN_OPTIONS="exitcode=0 log_path=$out/report" setarch -R node scripts/faults/exercise.js
    races=$(cat "$out"/report.* 2>/dev/null | awk 'BEGIN { RS = "==================\n" } /blastrain\.node/ { print }')
    [ -z "$races" ] || { echo "$races"; exit 1; }
    echo 'No races in the addon' ;;
esac
