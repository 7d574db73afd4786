#!/usr/bin/env bash
# Fetches other releases of Node.js from npm into .cache/nodes, for the clean-room tests: those of the given majors, or of every
# major above 20.
# usage: nodes.sh [major...]
set -euo pipefail
cd "$(dirname "$0")/.."

platform=node-$(node -p 'process.platform + "-" + process.arch')
if [ $# -eq 0 ]; then
  mapfile -t majors < <(npm view "$platform" versions --json |
    node -p '[...new Set(JSON.parse(fs.readFileSync(0)).map((version) => parseInt(version)))].filter((major) => major > 20).join("\n")')
  set -- "${majors[@]}"
fi
mkdir -p .cache/nodes
cd .cache/nodes
for major in "$@"; do
  [ -x "$major/bin/node" ] && continue
  # Unpacked elsewhere and moved, so that an interruption leaves no incomplete folder.
  fresh=$(mktemp -d "fetch-XXXXXX" -p ..)
  (cd "$fresh" && tar -xzf "$(npm pack --silent "$platform@$major")" --strip-components=1 package/bin)
  mv "$fresh" "$major"
  rm -f "$major"/*.tgz
  echo "Node.js $("$major/bin/node" --version)"
done
