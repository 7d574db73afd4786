#!/usr/bin/env bash
# Sets up a fresh clone: system packages, npm packages, native kernels, compiled TypeScript. Skips what is done already.
# usage: setup.sh [extra Debian package...]
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 17) ? 0 : 1)'; then
  echo "Expected Node.js 20.17 or newer for blastrain but received $(node --version)" >&2
  exit 1
fi

installed() { dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }
missing=()
if [ "${BLASTRAIN_BACKEND:-}" != typescript ]; then
  for package in g++ make cmake libopenblas-dev; do installed "$package" || missing+=("$package"); done
fi
for package in "$@"; do installed "$package" || missing+=("$package"); done

if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null; then
  line="apt-get install -y --no-install-recommends ${missing[*]}"
  as_root=''
  [ "$(id -u)" = 0 ] || as_root='sudo -n'
  if [ -z "$as_root" ] || sudo -n true 2>/dev/null; then
    say "System packages: ${missing[*]}"
    log=$(mktemp)
    if ! { $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root $line; } >"$log" 2>&1; then
      tail -n 20 "$log" >&2
      echo "The packages could not be installed; try: sudo apt-get update && sudo $line" >&2
    fi
    rm -f "$log"
  else
    echo "These packages are missing and need an administrator; type: sudo apt-get update && sudo $line" >&2
  fi
fi

if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say 'npm packages and native kernels (about a minute)'
  npm ci --no-audit --no-fund
  touch node_modules/.package-lock.json
else
  node scripts/install.js
fi

if [ ! -e dist/.built ] || [ -n "$(find lib scripts/build.js tsconfig.json tsconfig.build.json package.json -newer dist/.built -print -quit)" ]; then
  say 'TypeScript'
  node scripts/build.js
  touch dist/.built
fi
