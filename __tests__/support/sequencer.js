'use strict';

const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * The files that take longest begin first, so that none is left alone at the end. Jest knows how long each took the last time; in a fresh
 * clone it goes by the sizes of files, of which these are small.
 */
const long = [
  'package/emulation', 'scripts/faults', 'kernels/cores', 'cluster/communicator', 'cli/commands/train', 'cluster/training', 'dashboard/page', 'kernels/parity',
  'cli/commands/report', 'cli/commands/speedrun', 'kernels/safety', 'package/cleanRoom', 'data/install',
];

module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const at = long.findIndex((name) => path.endsWith(`/${name}.test.ts`));
      return at < 0 ? long.length : at;
    };
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
