import { resolve } from 'node:path';
import { expected, nearest } from '../../errors';
import { cifar10Rows } from '../../data/cifar10/cifar10';
import type { DataSplits, Rows } from '../../data/dataset';
import { installCifar10, installSynthetic } from '../../data/cifar10/install';
import { datasetsFolder, locateImages } from '../../data/locate';
import { loadData } from '../../data/sources';
import { jsonLine, printableLines } from '../../text';
import type { Command } from '../command';
import { integerOption } from '../flagValues';
import { readOptions, requirePositional } from '../options';
import { formatBytes, formatClock, formatPercent } from '../terminal/format';
import { ProgressLine, progressBar } from '../terminal/progress';
import { terminalOf } from '../terminal/style';
import { renderTable } from '../terminal/table';

type SubCommand = (args: readonly string[]) => number | Promise<number>;

const subCommands: Readonly<Record<string, SubCommand>> = { get, synth, info };

export const dataCommand: Command = {
  name: 'data',
  summary: 'download CIFAR-10, write synthetic images, show what is there',
  help: `Usage: blastrain data get cifar10 [--format bin|py] [--url URL] [--md5 HEX]
                                  [--dir DIR] [--json]
       blastrain data synth [--out DIR] [--seed N] [--json]
       blastrain data info [DIR] [--json]

get downloads the official archive (170 MB), continues where an earlier download
was cut, checks the MD5 before anything is unpacked, and does nothing when
CIFAR-10 is there already.
  --format FORMAT   the layout of the files: bin (loads faster) or py (as
                    torchvision keeps it) [bin]
  --url URL         a mirror (http, https, file) or the path of an archive
                    [https://www.cs.toronto.edu/~kriz/...]
  --md5 HEX         the MD5 of the archive at that URL, where it is not the
                    official one
  --dir DIR         datasets folder [$BLASTRAIN_DATASETS, else ./datasets]

synth writes 60,000 synthetic images in CIFAR-10's binary layout. Training needs
no such files: it generates the images.
  --out DIR         where to [synthetic in the datasets folder]
  --seed N          other images [0]

info shows the images that training would find, or those in DIR: layout, rows,
classes and digests.
  --json            JSON on standard output, nothing else
`,
  async run([word, ...args]) {
    const name = requirePositional(word, Object.keys(subCommands).join(', '), 'data');
    const subCommand = Object.hasOwn(subCommands, name) ? subCommands[name] : undefined;
    if (subCommand !== undefined) return subCommand(args);
    const suggestion = nearest(name, Object.keys(subCommands)) ?? Object.keys(subCommands).join(', ');
    throw expected('ERR_CONFIG', suggestion, 'blastrain data', name);
  },
};

async function get(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    { format: { type: 'string' }, url: { type: 'string' }, md5: { type: 'string' }, dir: { type: 'string' }, json: { type: 'boolean' } },
    { names: ['DATASET'] },
  );
  const name = requirePositional(positionals[0], 'cifar10', 'data get');
  if (name !== 'cifar10') throw expected('ERR_CONFIG', 'cifar10', 'blastrain data get', name);
  const { format = 'bin', url, md5 } = values;
  if (format !== 'bin' && format !== 'py') throw expected('ERR_CONFIG', 'bin or py', '--format', format, { path: 'format' });

  const line = new ProgressLine();
  const { folder, isNew, digest } = await installCifar10(resolve(values.dir ?? datasetsFolder()), {
    format,
    ...(url === undefined ? {} : { url }),
    ...(md5 === undefined ? {} : { md5 }),
    onProgress: downloadProgress(line),
    onVerified: () => {
      line.log('MD5 is right, unpacking');
    },
  }).finally(() => {
    line.done();
  });
  report(values.json, { folder, format, rows: cifar10Rows, digest, isNew }, `${isNew ? 'CIFAR-10 is in' : 'CIFAR-10 was already in'} ${folder}`);
  return 0;
}

async function synth(args: readonly string[]): Promise<number> {
  const { values } = readOptions(args, { out: { type: 'string' }, seed: { type: 'string' }, json: { type: 'boolean' } });
  const seed = integerOption('seed', values.seed ?? '0', 0);
  const out = values.out ?? `${datasetsFolder()}/synthetic`;
  const { folder, digest } = await installSynthetic(resolve(out), seed);
  report(values.json, { folder, format: 'bin', rows: cifar10Rows, digest, seed }, `60,000 synthetic images are in ${folder}`);
  return 0;
}

function info(args: readonly string[]): number {
  const { values, positionals } = readOptions(args, { json: { type: 'boolean' } }, { names: ['DIR'] });
  const folder = positionals[0];
  const request = folder === undefined ? {} : { folder };
  const located = locateImages(request);
  const everything = located.folder === undefined ? {} : { sizes: { ...cifar10Rows, validation: 0 } };
  const all = loadData({ ...request, ...everything });
  const facts = {
    ...located,
    name: all.origin.name,
    rows: { train: all.train.size, validation: all.validation.size, test: all.test.size },
    digest: all.origin.digest,
    defaultSplitDigest: loadData(request).origin.digest,
    classes: countClasses(all),
  };
  const terminal = terminalOf(process.stdout);
  const table = renderTable(
    [{ header: 'class' }, { header: 'train' }, { header: 'validation' }, { header: 'test' }],
    facts.classes.map(({ name, train, validation, test }) => [name, train, validation, test]),
    terminal,
  );
  report(
    values.json,
    facts,
    `${facts.description}\n${String(facts.rows.train)} training, ${String(facts.rows.validation)} validation and ` +
      `${String(facts.rows.test)} test images of 32×32×3 bytes\nSHA-256 of all rows    ${facts.digest}\n` +
      `of the default split   ${facts.defaultSplitDigest}\n\n${table.trimEnd()}`,
  );
  return 0;
}

function countClasses({ train, validation, test }: DataSplits<Rows>) {
  const count = ({ labels }: Rows, label: number): number => labels.reduce((sum, own) => sum + Number(own === label), 0);
  return train.classNames.map((name, label) => ({
    name, train: count(train, label), validation: count(validation, label), test: count(test, label),
  }));
}

function report(json: boolean | undefined, facts: object, text: string): void {
  process.stdout.write(json === true ? jsonLine(facts) : `${printableLines(text)}\n`);
}

/** Shows bytes, rate and time left; counts from the first call, so that the rate of a resumed download is right. */
function downloadProgress(line: ProgressLine): (received: number, total: number | undefined) => void {
  const { unicode } = terminalOf(process.stderr);
  let start: { time: number; received: number } | undefined;
  return (received, total) => {
    if (start === undefined || received < start.received) start = { time: performance.now(), received };
    const seconds = (performance.now() - start.time) / 1000;
    const rate = (received - start.received) / Math.max(seconds, 1e-3);
    const share = total === undefined ? Number.NaN : received / total;
    line.update(
      () => [
        ...(total === undefined ? [] : [{ text: progressBar(share, 24, unicode), rank: 1, live: true }]),
        { text: total === undefined ? formatBytes(received) : `${formatBytes(received)} of ${formatBytes(total)}`, rank: 5 },
        ...(total === undefined ? [] : [{ text: formatPercent(share, 0), rank: 4 }]),
        { text: `${formatBytes(rate)}/s`, rank: 3 },
        ...(total === undefined ? [] : [{ text: `${formatClock((total - received) / rate)} left`, rank: 2, live: true }]),
      ],
      received === total,
    );
  };
}
