'use strict';

const { cpSync, existsSync, mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/** Stores findings, a folder for each kind: the smallest input, or the files that an interruption left, and the command that repeats it. */
class Findings {
  constructor(folder) {
    this.folder = join(folder, 'findings');
  }

  /** Stores a finding of a campaign, only the smallest of each kind. Returns its kind. */
  keep(campaign, seed, finding, work) {
    const { pieces, signature, message, index } = finding;
    const kind = (signature ?? message.replace(/[\d'"].*/s, '')).replace(/[^\w.-]+/g, '-').slice(0, 80);
    const place = join(this.folder, campaign.replace(':', '-'), kind);
    const size = (pieces ?? []).reduce((sum, piece) => sum + piece.length, 0);
    if (existsSync(place) && (pieces === undefined || this.sizes.get(place) <= size)) return kind;
    mkdirSync(place, { recursive: true });
    this.sizes.set(place, size);
    const facts = { ...finding, pieces: undefined };
    writeFileSync(join(place, 'finding.json'), `${JSON.stringify({ campaign, seed, again: `npm run faults -- --only ${campaign} --seed ${seed} --at ${index}`, ...facts }, null, 2)}\n`);
    pieces?.forEach((piece, i) => { writeFileSync(join(place, `input-${i}`), Buffer.from(piece, 'base64')); });
    if (work !== undefined) cpSync(work, join(place, 'files'), { recursive: true });
    return kind;
  }

  sizes = new Map();
}

module.exports = { Findings };
