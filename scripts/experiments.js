#!/usr/bin/env node
// Fills the tables of docs/experiments.md from run folders.
// usage: experiments.js [RUNS_DIR [FILE]]
'use strict';
const { existsSync, readFileSync, readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [runs = 'runs', file = join(__dirname, '..', 'docs', 'experiments.md')] = process.argv.slice(2);

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const readLines = (path) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : []);
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const table = (head, rows) =>
  [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');

/** Finished runs by name, with their spec, first and last event, and their last evaluation on a test split. */
function finishedRuns() {
  const looks = new Map(readLines(join(runs, 'test-ledger.jsonl')).map((look) => [look.run, look]));
  return readdirSync(runs).sort().flatMap((name) => {
    const metrics = readLines(join(runs, name, 'metrics.jsonl'));
    const result = metrics[metrics.length - 1];
    if (result === undefined || result.type !== 'result') return [];
    return [{ name, spec: readJson(join(runs, name, 'spec.json')), start: metrics[0], result, test: looks.get(name) }];
  });
}

/** One row per run; the seeds of one experiment (NAME-seed0, …) share a row, as mean ± standard deviation. */
function runTable(found) {
  const groups = new Map();
  for (const run of found) groups.set(nameOf(run), [...(groups.get(nameOf(run)) ?? []), run]);
  return table(
    ['run', 'layers', 'parameters', 'epochs', 'seeds', 'train', 'validation', 'test', 'training'],
    [...groups].map(([name, group]) => {
      const [{ spec, start, result }] = group;
      const looks = group.flatMap(({ test }) => test ?? []);
      return [
        name, spec.layers.join('-'), start.parameters.toLocaleString('en'), result.epochs.toFixed(0), seedsOf(group),
        spread(group.map((run) => run.result.trainAccuracy)), spread(group.map((run) => run.result.valAccuracy)),
        looks.length < group.length ? 'sealed' : `${spread(looks.map((look) => look.testAccuracy))} of ${looks[0].testRows}${looks[0].tta === undefined ? '' : `, tta ${looks[0].tta}`}`,
        `${mean(group.map((run) => run.result.seconds)).toFixed(0)} s`,
      ];
    }),
  );
}

const nameOf = ({ name }) => name.replace(/-seed\d+$/, '');
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function seedsOf(group) {
  const seeds = group.map(({ start }) => start.seed).sort((a, b) => a - b);
  return seeds.length === 1 ? seeds[0] : `${seeds[0]}–${seeds[seeds.length - 1]}`;
}

/** Mean ± standard deviation with n − 1, in percent. */
function spread(shares) {
  const centre = mean(shares);
  if (shares.length === 1) return percent(centre);
  const deviation = Math.sqrt(shares.reduce((sum, share) => sum + (share - centre) ** 2, 0) / (shares.length - 1));
  return `${(100 * centre).toFixed(1)} ± ${(100 * deviation).toFixed(1)} %`;
}

/** The result of the same training in PyTorch, if there is one. */
function readPytorch(run) {
  const path = join(runs, run, 'pytorch.json');
  return existsSync(path) ? readJson(path) : undefined;
}

/** The table of a depth experiment, with PyTorch's results if scripts/pytorch/runs.js has trained the same nets. */
function depthTable({ results, best, test }) {
  const pytorch = results.map(({ run }) => readPytorch(run));
  const compared = pytorch.some((result) => result !== undefined);
  return table(
    ['layers', 'batch norm', 'parameters', 'train', 'validation', 'test', 'training', ...(compared ? ['PyTorch: train', 'validation'] : [])],
    results.map((net, i) => [
      net.layers.join('-'), net.norm === 'none' ? 'no' : 'yes', net.parameters.toLocaleString('en'), percent(net.trainAccuracy),
      percent(net.valAccuracy), net.run === best ? percent(test.testAccuracy) : 'sealed', `${net.seconds.toFixed(0)} s`,
      ...(compared ? pytorchCells(pytorch[i]) : []),
    ]),
  );
}

function pytorchCells(result) {
  return result === undefined ? ['–', '–'] : [percent(result.trainAccuracy), percent(result.valAccuracy)];
}

function conditions({ start, spec }) {
  const { versions, platform } = spec.record;
  return (
    `Data: digest \`${start.dataDigest.slice(0, 16)}\`. blastrain ${versions.blastrain}, Node.js ${versions.node}, ` +
    `${versions.openblas ?? 'no BLAS'} (core ${versions.openblasCore ?? '–'}), ${start.threads} threads, ${start.dtype}, ${platform.split(' ')[0]}.`
  );
}

const all = finishedRuns();
const depths = readdirSync(runs).filter((name) => existsSync(join(runs, name, 'depth.json')));
const inDepth = (name) => depths.some((depth) => name.startsWith(`${depth}-`));
const single = all.filter(({ name }) => !inDepth(name));
const parts = { runs: single.length === 0 ? undefined : `${runTable(single)}\n\n${conditions(single[0])}` };
if (depths.length > 0) {
  const name = depths[depths.length - 1];
  parts.depth = `${depthTable(readJson(join(runs, name, 'depth.json')))}\n\n${conditions(all.find((run) => run.name.startsWith(`${name}-`)))}`;
}

let text = readFileSync(file, 'utf8');
for (const [part, markdown] of Object.entries(parts)) {
  if (markdown === undefined) continue;
  const pattern = new RegExp(`(<!-- ${part} -->)[\\s\\S]*?(<!-- /${part} -->)`);
  if (!pattern.test(text)) throw new Error(`Expected the markers of the table ${part} for ${file} but received none`);
  text = text.replace(pattern, (_, begin, end) => `${begin}\n${markdown}\n${end}`);
}
writeFileSync(file, text);
