'use strict';

/*
 * Injects faults and mutated inputs, and finds lost runs, untyped errors and crashes: docs/reliability.md says what is tried and why.
 *
 * usage: npm run faults -- [--full | --short] [--only PATTERN] [--seed N] [--count N] [--seconds S] [--jobs N] [--folder DIR] [--at INDEX] [--fresh] [--list]
 *
 * An interrupted call is continued by the next; its seed, sizes, counts and findings are in the folder [.cache/faults].
 */

const { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { availableParallelism, tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { parseArgs } = require('node:util');
const { Findings } = require('./findings');
const { fuzzCampaigns } = require('./fuzz');
const { processCampaigns } = require('./processes');

const root = resolve(__dirname, '..', '..');

const { values } = parseArgs({
  options: {
    full: { type: 'boolean' }, short: { type: 'boolean' }, only: { type: 'string' }, seed: { type: 'string' }, count: { type: 'string' }, seconds: { type: 'string' },
    jobs: { type: 'string' }, folder: { type: 'string' }, at: { type: 'string' }, fresh: { type: 'boolean' }, list: { type: 'boolean' }, help: { type: 'boolean' },
  },
});

const number = (text, fallback) => {
  if (text === undefined) return fallback;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`Expected a number but received '${text}'`);
  return Number(text);
};

/** The progress of all campaigns, written to disk after every few cases. */
class Progress {
  constructor(folder, asked) {
    this.file = join(folder, 'progress.json');
    const before = existsSync(this.file) && values.fresh !== true ? JSON.parse(readFileSync(this.file, 'utf8')) : undefined;
    const isSame = before !== undefined && before.ended !== true && before.size === asked.size && (asked.seed === undefined || before.seed === asked.seed) && before.only === asked.only && before.count === asked.count;
    this.state = isSame ? before : { ...asked, seed: asked.seed ?? Date.now() % 2 ** 31, ended: false, campaigns: {} };
    this.goesOn = isSame;
  }

  of(name) {
    return (this.state.campaigns[name] ??= { next: 0, done: 0, accepted: 0, findings: {}, seconds: 0 });
  }

  write() {
    writeFileSync(`${this.file}.new`, JSON.stringify(this.state));
    renameSync(`${this.file}.new`, this.file);
  }
}

/** A status line: overwritten on a terminal, printed every 20 s elsewhere. */
class Line {
  constructor() {
    this.saidAt = -Infinity;
  }

  say(text, isLast = false) {
    const { isTTY } = process.stdout;
    if (!isLast && performance.now() - this.saidAt < (isTTY ? 200 : 20_000)) return;
    this.saidAt = performance.now();
    process.stdout.write(isTTY ? `\r\u001b[K${text}${isLast ? '\n' : ''}` : `${text}\n`);
  }
}

const duration = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

/** Runs the remaining cases of a campaign, `jobs` at a time, until its count or the deadline. */
async function runCampaign(campaign, progress, count, { folder, findings, jobs, deadline, at }) {
  const { seed, size } = progress.state;
  const state = progress.of(campaign.name);
  const line = new Line();
  const begun = performance.now();
  const context = { folder, jobs };
  const from = at ?? state.next;
  const to = at === undefined ? count : at + 1;
  if (from < to) await campaign.prepare(context);
  const chunk = campaign.chunk ?? 1;
  const finished = new Set();
  let next = from;
  const status = (isLast) => {
    const found = Object.values(state.findings).reduce((sum, n) => sum + n, 0);
    const seconds = (performance.now() - begun) / 1000;
    const share = (state.next - from) / Math.max(1, to - from);
    const left = isLast || share === 0 ? '' : `, about ${duration((seconds * (1 - share)) / share)} left`;
    line.say(`${campaign.name.padEnd(18)} ${state.done} ${campaign.unit}, ${state.next} of ${to} cases, ${found} findings, ${duration(state.seconds + seconds)}${left}`, isLast);
  };
  const work = async (slot) => {
    while (next < to && performance.now() < deadline) {
      const start = next;
      const end = Math.min(to, start + chunk);
      next = end;
      const keep = (finding, files) => {
        const kind = findings.keep(campaign.name, seed, { index: start, ...finding }, files);
        state.findings[kind] = (state.findings[kind] ?? 0) + 1;
      };
      const { done, accepted = 0 } = campaign.runChunk === undefined ? await campaign.run(seed, start, { ...context, keep, slot, size }) : await campaign.runChunk(seed, start, end, { ...context, keep, slot });
      state.done += done;
      state.accepted += accepted;
      finished.add(start);
      while (at === undefined && finished.delete(state.next)) state.next = Math.min(to, state.next + chunk);
      progress.write();
      status(false);
    }
  };
  try {
    if (from < to) await Promise.all(Array.from({ length: jobs }, (_, slot) => work(slot)));
  } finally {
    campaign.close?.();
  }
  status(true);
  state.seconds += (performance.now() - begun) / 1000;
  progress.write();
}

function table(campaigns, state) {
  const rows = campaigns.map(({ name, title, unit }) => {
    const { done = 0, accepted = 0, findings = {}, seconds = 0 } = state.campaigns[name] ?? {};
    const whole = unit === 'inputs' ? `, ${((100 * accepted) / Math.max(1, done)).toFixed(0)} % accepted` : '';
    return `| \`${name}\` | ${title} | ${done.toLocaleString('en')} ${unit}${whole} | ${Object.values(findings).reduce((sum, n) => sum + n, 0)} | ${duration(seconds)} |`;
  });
  return ['| campaign | what is tried | count | findings | time |', '|---|---|---|---|---|', ...rows].join('\n');
}

async function main() {
  const all = [...processCampaigns(), ...fuzzCampaigns()];
  const pattern = values.only === undefined ? undefined : new RegExp(values.only);
  const campaigns = all.filter(({ name }) => pattern === undefined || pattern.test(name));
  if (values.help === true || values.list === true || campaigns.length === 0) {
    process.stdout.write(`${/usage: (.*)/.exec(readFileSync(__filename, 'utf8'))[1]}\n\n${all.map(({ name, title }) => `  ${name.padEnd(18)} ${title}`).join('\n')}\n`);
    return campaigns.length === 0 ? 1 : 0;
  }
  const size = values.full === true ? 'full' : values.short === true ? 'short' : 'normal';
  const kept = resolve(values.folder ?? join(root, '.cache', 'faults'));
  mkdirSync(kept, { recursive: true });
  // Thousands of small files are written: in memory, if the system has a file system there.
  const folder = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `blastrain-faults-${process.pid}`);
  mkdirSync(folder);
  const progress = new Progress(kept, { size, seed: number(values.seed), only: values.only, count: number(values.count) });
  const { state } = progress;
  const findings = new Findings(kept);
  if (!progress.goesOn) rmSync(findings.folder, { recursive: true, force: true });
  const jobs = number(values.jobs, availableParallelism());
  const limit = performance.now() + 1000 * number(values.seconds, Infinity);
  process.stdout.write(`seed ${state.seed}, ${size} counts, ${jobs} at a time${progress.goesOn ? ', going on' : ''}; what is found is kept in ${findings.folder}\n`);
  try {
    for (const [i, campaign] of campaigns.entries()) {
      // Each campaign gets an equal share of the remaining time.
      const deadline = performance.now() + (limit - performance.now()) / (campaigns.length - i);
      await runCampaign(campaign, progress, state.count ?? campaign.counts[size], { folder, findings, jobs, deadline, at: number(values.at) });
    }
    state.ended = true;
    progress.write();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`\n${table(campaigns, state)}\n`);
  const kinds = campaigns.flatMap(({ name }) => Object.entries(state.campaigns[name]?.findings ?? {}).map(([kind, count]) => `  ${name} ${kind} (${count})`));
  process.stdout.write(kinds.length === 0 ? '\nNothing was lost, and every error was a sentence with a code.\n' : `\n${kinds.length} kinds of findings, in ${findings.folder}:\n${kinds.join('\n')}\n`);
  return kinds.length === 0 ? 0 : 1;
}

main().then((status) => { process.exitCode = status; }, (error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
