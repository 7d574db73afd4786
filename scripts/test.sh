#!/usr/bin/env bash
# Sets up, then runs lint, type checks and the whole jest suite on all backends.
set -euo pipefail
cd "$(dirname "$0")/.."

# Pages are tested in a real browser. Where the real images lie beside the checkout, a Python script converts them.
# Ranks of a training on several machines are tried on this one.
packages=(chromium openmpi-bin libopenmpi-dev)
[ -d ../shared/cifar10 ] && packages+=(python3-numpy python3-pil)
# Kernels are compiled to WebAssembly, too.
[ "${BLASTRAIN_BACKEND:-}" = typescript ] || packages+=(clang-19 lld-19 libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc)
# The prebuilt addon is also tested on emulated processors.
[ "$(uname -m)" = x86_64 ] && packages+=(qemu-user g++-aarch64-linux-gnu)
# What is fetched for tests arrives while npm installs and compilers run.
mkdir -p .cache
bash scripts/arm64.sh >.cache/arm64.log 2>&1 & arm64=$!
bash scripts/nodes.sh 22 24 26 >.cache/nodes.log 2>&1 & nodes=$!
bash scripts/setup.sh "${packages[@]}"

echo; echo '== Lint and types'
[ "${BLASTRAIN_BACKEND:-}" = typescript ] || node scripts/wasm.js & wasm=$!
npx eslint . & lint=$!
npm run --silent types
wait "$lint"
wait "$wasm"
wait "$arm64" || echo "64-bit ARM is not tried: $(tail -n 1 .cache/arm64.log)"
wait "$nodes" || echo "Not all releases of Node.js are tried: $(tail -n 1 .cache/nodes.log)"

echo; echo '== Tests'
rm -f .cache/jest.json .cache/costs.jsonl
# Compiles what the test of another processor needs, in parallel with other tests; a lock makes that one wait.
mkdir -p build/prebuild-linux-arm64
flock build/prebuild-linux-arm64/lock node scripts/prebuilds.js linux-arm64 >.cache/prebuilds.log 2>&1 &
# Checkpoints, journals and data sets are written and synced thousands of times: in memory where there is room and programs may run, which
# halves the time that tests of runs take.
if [ -z "${TMPDIR:-}" ] && grep -q ' /dev/shm ' /proc/mounts 2>/dev/null && ! grep ' /dev/shm ' /proc/mounts | grep -q noexec &&
  [ "$(df --output=avail --block-size=1G /dev/shm | tail -n 1)" -ge 4 ] && [ "$(awk '/MemAvailable/ { print int($2 / 2^20) }' /proc/meminfo)" -ge 8 ]; then
  TMPDIR=$(mktemp -d /dev/shm/blastrain-XXXXXX)
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
fi
# A fifth of the time tests wait: for browsers, ranks and other processes. One worker more than cores computes meanwhile; by default jest uses one on two cores.
workers=$(node -p 'Math.max(Math.min(3, os.availableParallelism() + 1), os.availableParallelism() - 1)')
npx jest --maxWorkers "$workers" --json --outputFile=.cache/jest.json "$@" >/dev/null
