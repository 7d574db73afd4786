#!/usr/bin/env bash
# Set up, then lint, types and the whole jest suite on both backends.
set -euo pipefail
cd "$(dirname "$0")/.."

# Pages are tested in a real browser. The real images, where a checkout has them beside it, are rebuilt by a Python script.
packages=(chromium)
[ -d ../shared/cifar10 ] && packages+=(python3-numpy python3-pil)
bash scripts/setup.sh "${packages[@]}"

echo; echo '== Lint and types'
npx eslint . & lint=$!
npm run --silent types
wait "$lint"

echo; echo '== Tests'
mkdir -p .cache
rm -f .cache/jest.json
npx jest --json --outputFile=.cache/jest.json "$@" >/dev/null
