#!/usr/bin/env bash
# Set up, then lint, types and the whole jest suite on both backends.
set -euo pipefail
cd "$(dirname "$0")/.."

# The real images, where a checkout has them beside it, are rebuilt by a Python script.
packages=()
[ -d ../shared/cifar10 ] && packages=(python3-numpy python3-pil)
bash scripts/setup.sh ${packages[@]+"${packages[@]}"}

echo; echo '== Lint and types'
npx eslint . & lint=$!
npx tsc --noEmit -p tsconfig.json
wait "$lint"

echo; echo '== Tests'
mkdir -p .cache
rm -f .cache/jest.json
npx jest --json --outputFile=.cache/jest.json "$@" >/dev/null
