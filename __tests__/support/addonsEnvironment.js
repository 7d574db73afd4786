'use strict';

const { copyFileSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const TestEnvironment = require('./environment');

/**
 * An environment of Jest with `loadAddon`, which loads a copy of an addon, of which a process may have many: what an addon and the OpenBLAS in it
 * choose, they choose once, by variables of the environment, of which those of a test are a copy that no addon sees.
 */
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    this.folder = mkdtempSync(join(tmpdir(), 'blastrain-addons-'));
    let count = 0;
    this.global.loadAddon = (path, env) => {
      const copy = join(this.folder, `${count++}.node`);
      copyFileSync(path, copy);
      const before = { ...process.env };
      for (const [name, value] of Object.entries(env)) set(name, value);
      try {
        const addon = require(copy);
        addon.info(); // By now all is chosen.
        return addon;
      } finally {
        for (const name of Object.keys(env)) set(name, before[name]);
      }
    };
  }

  async teardown() {
    rmSync(this.folder, { recursive: true });
    await super.teardown();
  }
};

function set(name, value) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
