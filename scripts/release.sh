#!/usr/bin/env bash
# Publishes the package from this clone, with provenance. This requires a CI service that npm trusts, a checkout of the version's tag, and a
# `repository` in package.json that names where the CI runs.
# usage: release.sh [npm publish option...]      e.g. --dry-run
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(node -p 'require("./package.json").version')
stop() { echo "Expected $1 for a release but received $2" >&2; exit 1; }
[ -z "$(git status --porcelain)" ] || stop 'a clean working tree' 'changes'
[ "$(git describe --exact-match --tags 2>/dev/null)" = "v$version" ] || stop "the tag v$version" "$(git describe --always)"
grep -q "^## $version" CHANGELOG.md || stop "a section of CHANGELOG.md for $version" 'none'
for addon in linux-{x64,arm64}/node.napi.{glibc,musl} {win32-x64,darwin-x64,darwin-arm64}/node.napi; do
  [ -e "prebuilds/$addon.node" ] || stop "prebuilds/$addon.node" 'none; npm run prebuilds or npm run platforms makes it'
done
for module in kernels kernels-relaxed; do
  [ -e "wasm/$module.wasm" ] || stop "wasm/$module.wasm" 'none; npm run wasm makes it'
done

npm run build
npx publint run --strict
npm publish "$@"
