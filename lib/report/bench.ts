import type { Change, Comparison } from '../bench/compare';
import type { Load, Machine } from '../bench/machine';
import type { BenchEntry, BenchReport } from '../bench/report';

/** A table: a header for each column, and rows. */
export interface TextTable {
  readonly headers: readonly string[];
  /** The first so many columns are words, the others numbers. */
  readonly words: number;
  readonly rows: readonly (readonly string[])[];
}

/** The figures of a benchmark: a row for each call of a kernel, or each contender of a net. No empty columns. */
export function benchTable(report: BenchReport): TextTable {
  const { headers, words, rows } = report.benchmark === 'kernels' ? kernelTable(report) : stepTable(report);
  const kept = headers.flatMap((_, c) => (rows.some((row) => row[c] !== '') ? [c] : []));
  return { headers: kept.map((c) => headers[c]!), words, rows: rows.map((row) => kept.map((c) => row[c]!)) };
}

function kernelTable({ entries }: BenchReport): TextTable {
  if (new Set(entries.map(({ who }) => who)).size > 2) return contenderTable(entries);
  const rows = groupEntries(entries).map((group) => {
    const native = group.find(({ who }) => who !== 'typescript');
    const twin = group.find(({ who }) => who === 'typescript');
    const shown = native ?? twin!;
    return [
      shown.subject, shown.case, native ? timeText(native.time.median) : '', native ? spreadText(native) : '',
      twin ? timeText(twin.time.median) : '', rateText(shown), shareText(shown.share), shareText(shown.memoryShare),
      native && twin ? ratioText(twin.time.median / native.time.median) : '',
    ];
  });
  const backend = entries.find(({ who }) => who !== 'typescript')?.who ?? 'native';
  return { headers: ['kernel', 'shape', backend, '±', 'TypeScript', 'rate', 'of FMA limit', 'of memory', 'speed-up'], words: 2, rows };
}

/** A row for each contender of a call, with how many times as fast as TypeScript it is. */
function contenderTable(entries: readonly BenchEntry[]): TextTable {
  const rows = groupEntries(entries).flatMap((group) => {
    const twin = group.find(({ who }) => who === 'typescript');
    return group.map((entry, i) => [
      i === 0 ? entry.subject : '', i === 0 ? entry.case : '', entry.who, timeText(entry.time.median), spreadText(entry), rateText(entry),
      shareText(entry.share), shareText(entry.memoryShare), twin === undefined || entry === twin ? '' : ratioText(twin.time.median / entry.time.median),
    ]);
  });
  return { headers: ['kernel', 'shape', 'who', 'time', '±', 'rate', 'of FMA limit', 'of memory', 'speed-up'], words: 3, rows };
}

function stepTable({ benchmark, entries }: BenchReport): TextTable {
  const rows = groupEntries(entries).flatMap((group) =>
    group.map((entry, i) => [
      i === 0 ? entry.subject : '', i === 0 ? entry.case : '', entry.who, timeText(entry.time.median), spreadText(entry), rateText(entry),
      shareText(entry.share), i === 0 ? '' : ratioText(entry.time.median / group[0]!.time.median),
    ]));
  const [part, time] = benchmark === 'job' || benchmark === 'load' ? ['part', 'time'] : benchmark === 'inference' ? ['rows', 'time'] : ['sizes', 'a step'];
  return { headers: ['net', part, 'who', time, '±', 'rate', 'of FMA limit', 'ratio'], words: 3, rows };
}

/** Conclusions from the figures, in sentences. None where other processes used the machine meanwhile. */
export function benchVerdicts({ benchmark, entries, load }: BenchReport): string[] {
  if (!load.quiet) return [];
  const groups = groupEntries(entries);
  if (benchmark === 'kernels') return kernelVerdicts(groups);
  if (benchmark === 'scaling') return scalingVerdicts(groups);
  if (benchmark === 'job') return jobVerdicts(groups);
  return groups.flatMap((group) => {
    const [first, ...others] = group as [BenchEntry, ...BenchEntry[]];
    const ratios = others.map(({ who, time }) => ({ who, ratio: time.median / first.time.median }));
    if (ratios.length === 0) return [];
    if (benchmark === 'cores') return [`${first.subject}: ${ratios.map(({ who, ratio }) => `${who} gain ${ratioText(1 / ratio)}`).join(', ')} at best.`];
    if (benchmark === 'load') return [`The ${first.who} kernels take ${timeText(first.time.median)} ${first.case}; ${ratios.map(({ who, ratio }) => `${who} ${ratioText(ratio)} as long`).join(', ')}.`];
    if (benchmark === 'inference') return [`${first.subject}, ${first.case}: ${ratios.map(({ who, ratio }) => `${who} takes ${ratioText(ratio)} as long`).join(', ')}.`];
    if (benchmark === 'step') {
      const parts = ratios.map(({ who, ratio }) =>
        who === 'typescript' ? `TypeScript takes ${ratioText(ratio)} as long` : `it takes ${ratioText(1 / ratio)} as long as the ${who}`);
      return [`${first.subject}: ${timeText(first.time.median)} a step on the ${first.who} kernels; ${parts.join(', ')}.`];
    }
    const twin = group.find(({ who }) => who === typescriptName);
    const rival = group.find(({ who }) => /^tfjs .* cpu$/.test(who));
    const libraries = ratios.filter(({ who }) => who !== typescriptName);
    return [
      ...(libraries.length > 0 ? [`${first.subject}: ${first.who} is ${libraries.map(({ who, ratio }) => `${ratioText(ratio)} as fast as ${who}`).join(', ')}.`] : []),
      ...(twin && rival ? [`${first.subject}: ${twin.who} is ${ratioText(rival.time.median / twin.time.median)} as fast as ${rival.who}.`] : []),
    ];
  });
}

/** The contender that competes with other libraries in plain JavaScript. */
const typescriptName = 'blastrain, TypeScript';

function jobVerdicts(groups: readonly (readonly BenchEntry[])[]): string[] {
  return groups.map(([first, last]) =>
    last === undefined
      ? `${first!.subject}: ${timeText(first!.time.median)} from the start of the process to the first step.`
      : `${last.subject}: one epoch takes ${ratioText(last.time.median / first!.time.median)} as long as ${first!.who}.`);
}

function kernelVerdicts(groups: readonly (readonly BenchEntry[])[]): string[] {
  const pairs = groups.filter((group) => group.length === 2);
  if (pairs.length === 0) return [];
  const slower = pairs.filter(([native, twin]) => native!.time.median > twin!.time.median);
  const names = slower.map(([native]) => `${native!.subject} ${native!.case}`);
  return [
    `The ${pairs[0]![0]!.who} kernels are faster on ${String(pairs.length - slower.length)} of ${String(pairs.length)} calls` +
      `${names.length > 0 ? `; slower: ${names.join(', ')}` : ''}.`,
  ];
}

/** By how much the time per operation exceeds the minimum of the smaller nets. */
function scalingVerdicts(groups: readonly (readonly BenchEntry[])[]): string[] {
  const subjects = [...new Set(groups.flat().map(({ subject, who }) => `${subject}\n${who}`))];
  return subjects.map((key) => {
    const [subject, who] = key.split('\n') as [string, string];
    let least = Infinity;
    let worst = 1;
    for (const entry of groups.flat().filter((other) => other.subject === subject && other.who === who)) {
      const each = entry.time.median / entry.flops;
      worst = Math.max(worst, each / least);
      least = Math.min(least, each);
    }
    return `${subject}, ${who}: the time per operation ${worst <= 1 ? 'falls all the way' : `grows by at most ${((worst - 1) * 100).toFixed(0)} % over that of a smaller net`}.`;
  });
}

/** A benchmark as Markdown: machine, load, table, verdicts and notes. */
export function benchMarkdown(report: BenchReport): string {
  const list = (sentences: readonly string[]): string => (sentences.length > 0 ? `\n${sentences.map((each) => `- ${each}\n`).join('')}` : '');
  return (
    `${machineText(report)}\n\n${markdownTable(benchTable(report))}` +
    list([...benchVerdicts(report), ...report.notes]) + `\n${loadText(report.load)}\n`
  );
}

/** A table as Markdown: words aligned to the left, numbers to the right. */
export function markdownTable({ headers, words, rows }: TextTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(headers) + line(headers.map((_, c) => (c < words ? '---' : '---:'))) + rows.map(line).join('');
}

/** Where a benchmark ran, in one line. */
export function machineText({ benchmark, at, machine, peak }: BenchReport): string {
  const peakText = peak === null ? '' : `; FMA limit ${giga(peak.flops)} GFLOP/s in ${peak.dtype}${peak.bfloat16 > 0 ? `, ${giga(peak.bfloat16)} in bfloat16` : ''}; ${streamText(peak.streams)}`;
  return placeText(`blastrain bench ${benchmark}`, at, machine) + peakText;
}

/** The command with the time and the machine, in one line. */
export function placeText(command: string, at: string, machine: Machine): string {
  const { cpu, cores, node, threads, openblas, openblasCore } = machine;
  const version = openblas === null ? undefined : /OpenBLAS ([\d.]+)/.exec(openblas)?.[0] ?? 'BLAS';
  return (
    `\`${command}\`, ${at.slice(0, 10)}: ${cpu}, ${String(cores)} cores, Node.js ${node}` +
    (version === undefined ? '' : `, ${version}${openblasCore ? ` with its ${openblasCore} kernels` : ''}, ${String(threads)} thread${threads === 1 ? '' : 's'}`)
  );
}

function streamText(streams: readonly { readonly bytes: number; readonly rate: number }[]): string {
  const [first, last] = [streams[0]!, streams[streams.length - 1]!];
  return `${giga(first.rate)} GB/s on ${byteText(first.bytes)} to ${giga(last.rate)} GB/s on ${byteText(last.bytes)}`;
}

function giga(value: number): string {
  return (value / 1e9).toFixed(0);
}

function byteText(bytes: number): string {
  return bytes < 2 ** 20 ? `${String(bytes / 2 ** 10)} KiB` : `${String(bytes / 2 ** 20)} MiB`;
}

/** How busy the machine was, and whether the figures are conclusive. */
export function loadText({ before, after, others, steadiness, quiet }: Load): string {
  const facts = `Load average ${before.toFixed(2)} before and ${after.toFixed(2)} after; other processes used ${others.toFixed(2)} cores.`;
  if (quiet) return facts;
  const varied = steadiness === undefined ? '' : ` A quarter of the time multiply-adds ran at ${(100 * steadiness).toFixed(0)} % of their best rate or less.`;
  return `${facts}${varied} Inconclusive: repeat this while nobody else uses the machine or the hardware below it.`;
}

/** The changes since an earlier report, line by line, and whether they are conclusive. */
export function comparisonText({ conclusive, slower, faster, same }: Comparison): string {
  const list = (word: string, changes: readonly Change[]): string =>
    changes
      .map(({ entry: { subject, case: sizes, who }, before, now, ratio, noise }) =>
        `${word}: ${subject}, ${sizes}, ${who}: ${timeText(before)} before, ${timeText(now)} now (${ratioText(ratio)}, noise ${(100 * noise).toFixed(0)} %)\n`)
      .join('');
  return (
    `\n${list('faster', faster)}${list('slower', slower)}${String(same)} figures did not change beyond the noise.\n` +
    (conclusive ? '' : 'Inconclusive: others used the machine during one of the two measurements.\n')
  );
}

/** The entries of each subject and case together, in order. */
export function groupEntries(entries: readonly BenchEntry[]): BenchEntry[][] {
  const groups = new Map<string, BenchEntry[]>();
  for (const entry of entries) {
    const key = `${entry.subject}, ${entry.case}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}

/** A span of time with three significant digits: 813 ns, 4.21 µs, 1.05 ms. */
export function timeText(seconds: number): string {
  const [factor, unit] = seconds < 1e-6 ? [1e9, 'ns'] as const : seconds < 1e-3 ? [1e6, 'µs'] as const : seconds < 1 ? [1e3, 'ms'] as const : [1, 's'] as const;
  return `${digits(seconds * factor)} ${unit}`;
}

function spreadText({ time: { median, low, high } }: BenchEntry): string {
  return `${((50 * (high - low)) / median).toFixed(1)} %`;
}

function rateText({ flops, bytes, time: { median } }: BenchEntry): string {
  return flops > 0 ? `${digits(flops / median / 1e9)} GFLOP/s` : bytes > 0 ? `${digits(bytes / median / 1e9)} GB/s` : '';
}

function shareText(share: number | null | undefined): string {
  return typeof share === 'number' ? `${(100 * share).toFixed(0)} %` : '';
}

/** A ratio: 2.31×. */
export function ratioText(ratio: number): string {
  return `${digits(ratio)}×`;
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
