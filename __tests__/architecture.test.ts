import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(__dirname, '..');
const lib = join(root, 'lib');

/** What everyone may import. */
const ground = ['text', 'errors', 'arguments', 'fields', 'files', 'machine', 'numbers', 'version'];
/** Which rooms of lib/ a room may import from, beside the ground. The picture of ARCHITECTURE.md, enforced. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(ground.map((room) => [room, []])),
  random: [],
  kernels: [],
  model: ['kernels/contract', 'random'],
  optim: ['kernels/contract', 'model'],
  data: ['kernels/contract', 'random'],
  train: ['kernels/contract', 'random', 'model', 'optim', 'data'],
  cluster: ['train'],
  spec: ['kernels/contract', 'data', 'model', 'optim', 'train'],
  build: ['kernels', 'random', 'model', 'optim', 'data', 'train', 'spec'],
  runFolder: ['kernels/contract', 'data', 'train'],
  inference: ['kernels', 'random', 'model', 'data', 'train', 'spec', 'build', 'runFolder'],
  formats: ['kernels', 'random', 'model', 'data', 'train', 'spec', 'build', 'inference'],
  run: ['cluster', 'kernels', 'model', 'optim', 'data', 'train', 'spec', 'build', 'runFolder', 'inference'],
  search: ['kernels', 'random', 'data', 'train', 'spec', 'build', 'runFolder', 'inference', 'run'],
  history: ['train/eventShape', 'train/histogramShape', 'train/stepLine', 'search/asha', 'search/state'],
  verify: ['kernels', 'random'],
  studies: ['cluster', 'kernels', 'random', 'model', 'optim', 'data', 'train', 'spec', 'build', 'runFolder', 'inference'],
  bench: ['cluster', 'kernels', 'random', 'model', 'data', 'train', 'spec', 'build', 'inference', 'formats', 'run', 'history', 'studies'],
  report: ['history'],
  dashboard: ['data', 'train', 'spec', 'runFolder', 'inference', 'studies', 'search', 'history', 'report'],
  serve: ['data', 'model', 'inference'],
  cli: ['cluster', 'kernels', 'data', 'train', 'spec', 'runFolder', 'inference', 'formats', 'run', 'search', 'history', 'verify', 'studies', 'bench', 'report', 'dashboard', 'serve'],
  web: ['kernels', 'random', 'model', 'data', 'train', 'spec', 'build', 'inference', 'run', 'studies'],
  jest: ['train'],
  index: ['cluster', 'kernels', 'random', 'model', 'optim', 'data', 'train', 'spec', 'build', 'runFolder', 'inference', 'formats', 'run', 'search', 'verify', 'studies', 'report', 'serve'],
};
/** What a room may import as types only. */
const typesOnly: Readonly<Record<string, readonly string[]>> = {
  history: ['train', 'search'],
  report: ['runFolder/labels', 'inference', 'studies', 'search', 'bench', 'train', 'data/dataset', 'kernels/contract'],
};
/** Which start threads. */
const threaded = ['kernels/wasm/threads', 'run', 'search', 'data/threads', 'inference/threads', 'studies/threads'];

const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

interface Import {
  readonly target: string;
  readonly isType: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(lib, file), 'utf8');
  const pattern = /^(?:import|export)\s+(type\s+)?[^'";]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|\brequire\(\s*'([^']+)'\s*\)/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    target: (match[2] ?? match[3] ?? match[4])!,
    isType: match[1] !== undefined,
  }));
}

const roomOf = (path: string): string => path.split('/')[0]!.replace(/(\.web)?\.ts$/, '');

test.each(files)('%s imports only from the rooms that it may', (file) => {
  const room = roomOf(file);
  expect(Object.keys(allowed)).toContain(room);
  const strangers = importsOf(file)
    .filter(({ target }) => target.startsWith('.'))
    .map(({ target, isType }) => ({ path: relative(lib, resolve(lib, dirname(file), target)), isType }))
    .filter(({ path, isType }) => {
      if (roomOf(path) === room || ground.includes(roomOf(path))) return false;
      const rooms = [...allowed[room]!, ...(isType ? typesOnly[room] ?? [] : [])];
      return !rooms.some((name) => path === name || path.startsWith(`${name}/`));
    });
  expect(strangers).toEqual([]);
});

test.each(files)('%s leaves console, process.exit and threads to the rooms that own them', (file) => {
  const room = roomOf(file);
  // Comments may speak of anything.
  const code = readFileSync(join(lib, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  if (room !== 'cli') expect(code).not.toMatch(/\bconsole\.|process\.exit|process\.std(out|err)/);
  if (!threaded.some((place) => file.startsWith(`${place}/`))) expect(importsOf(file).map(({ target }) => target)).not.toContain('node:worker_threads');
});

test('files of the package are found by packageRoot alone, which bundles need', () => {
  const users = files.filter((file) => /\b__dirname\b|\b__filename\b|require\.resolve/.test(readFileSync(join(lib, file), 'utf8')));
  expect(users.sort()).toEqual(['data/threads/readWorker.ts', 'files/packageRoot.ts']); // the first starts itself
});

/** The file that an import of another means: of X.web.ts and X.ts the first, where that is for pages. */
function fileOf(from: string, target: string, forPages: boolean): string {
  const path = join(dirname(from), target.replace(/\.js$/, ''));
  const endings = forPages ? ['.web.ts', '.ts'] : ['.ts'];
  return [path, join(path, 'index')].flatMap((name) => endings.map((ending) => `${name}${ending}`)).find((name) => files.includes(name))!;
}

test('nothing that blastrain/web is made of needs Node.js', () => {
  const found = new Set<string>();
  const follow = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
    const values = importsOf(file).filter(({ isType }) => !isType).map(({ target }) => target);
    expect({ file, foreign: values.filter((target) => !target.startsWith('.')) }).toEqual({ file, foreign: [] });
    values.forEach((target) => { follow(fileOf(file, target, true)); });
  };
  follow('web/index.ts');
  expect(found.size).toBeGreaterThan(150);
  for (const file of found) {
    const code = readFileSync(join(lib, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
    expect({ file, used: /\bprocess\.|\bBuffer\.|\b__dirname\b|\b__filename\b|\brequire\(|\bNodeJS\./.exec(code)?.[0] }).toEqual({ file, used: undefined });
  }
});

test('every file for pages stands beside the one for Node.js', () => {
  expect(files.filter((file) => file.endsWith('.web.ts') && !files.includes(file.replace(/\.web\.ts$/, '.ts')))).toEqual([]);
});

test('no room needs one that needs it', () => {
  const needs = (room: string): string[] => [...allowed[room]!, ...typesOnly[room] ?? []].map((path) => path.split('/')[0]!);
  const settled: string[] = [];
  const settle = (room: string, through: readonly string[]): void => {
    expect(through).not.toContain(room);
    if (settled.includes(room)) return;
    needs(room).forEach((other) => { settle(other, [...through, room]); });
    settled.push(room);
  };
  Object.keys(allowed).forEach((room) => { settle(room, []); });
});

test('no file needs one that needs it', () => {
  const targetsOf = (file: string): string[] => importsOf(file).filter(({ target }) => target.startsWith('.')).map(({ target }) => fileOf(file, target, false));
  const settled = new Set<string>();
  const settle = (file: string, through: readonly string[]): void => {
    if (through.includes(file)) throw new Error([...through, file].join(' needs '));
    if (settled.has(file)) return;
    targetsOf(file).forEach((other) => { settle(other, [...through, file]); });
    settled.add(file);
  };
  files.forEach((file) => { settle(file, []); });
  expect(settled.size).toBe(files.length);
});

test.each(readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' }).filter((file) => /\.(cc|h)$/.test(file)))(
  'native/%s keeps Node-API, CBLAS and MPI behind their walls',
  (file) => {
    const text = readFileSync(join(root, 'native', file), 'utf8');
    if (!['addon.cc', 'binding.h', 'mpi/addon.cc'].includes(file)) expect(text).not.toMatch(/#include\s*[<"]n(api|ode_api)\.h/);
    if (!file.startsWith('mpi/')) expect(text).not.toMatch(/#include\s*[<"]mpi\.h/);
    if (file !== 'blas/linked_library.cc') expect(text).not.toMatch(/#include\s*[<"]cblas\.h/);
  },
);
