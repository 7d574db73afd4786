'use strict';

// A search as a process of its own, to be killed: node searchProcess.js RUNS NAME SPEC begins one, or goes on with it where it is there;
// with 'shared' behind it shares it with others.
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { resumeSearch, search } = require('../../dist/search/search.js');
const { parseSearch } = require('../../dist/search/searchSpec.js');

async function main([runs, name, spec, shared]) {
  const folder = join(runs, name);
  const begin = (options) => search(parseSearch(JSON.parse(spec)), { runs, name, ...options });
  const run = shared === 'shared' ? begin({ workers: 1, shared: true }) : existsSync(join(folder, 'journal.jsonl')) ? resumeSearch(folder) : begin({ workers: 2 });
  for await (const event of run) process.stdout.write(`${JSON.stringify(event)}\n`);
}

void main(process.argv.slice(2));
