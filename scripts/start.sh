#!/usr/bin/env bash
# The main task from a fresh clone: set up, inspect the machine, check gradients, train on CIFAR-10.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh

step() { printf '\n== %s\n\n' "$*"; }
blastrain() { node dist/cli/main.js "$@"; }

step '1/5  What this machine offers (blastrain doctor)'
blastrain doctor
step '2/5  The toy problem, against the course (blastrain toy)'
blastrain toy
step '3/5  Gradients against central differences (blastrain gradcheck)'
blastrain gradcheck --backend both
step '4/5  The data (blastrain data get cifar10)'
blastrain data get cifar10 || printf '\nCIFAR-10 could not be had; the training uses synthetic images of the same shape instead.\n\n'
blastrain data info
step '5/5  A two-layer network (blastrain train two-layer-tuned)'
blastrain train two-layer-tuned
cat <<'END'

Next: blastrain train two-layer-default      the course's poor defaults, to compare the pictures
      blastrain test two-layer-tuned-1       the test split, once
      README.md                              the library in ten lines
(In this clone, type `npx blastrain` or `node dist/cli/main.js` for blastrain.)
END
