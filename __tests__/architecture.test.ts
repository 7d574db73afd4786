import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(__dirname, '..');
const lib = join(root, 'lib');

/** Which rooms of lib/ a room may import from; everyone may import text, errors, arguments, files, machine and numbers. The picture of ARCHITECTURE.md, enforced. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  text: [],
  arguments: [],
  errors: [],
  files: [],
  machine: [],
  numbers: [],
  random: [],
  kernels: [],
  model: ['kernels/contract', 'random'],
  optim: ['kernels/contract', 'model'],
  data: ['kernels/contract', 'random'],
  train: ['kernels/contract', 'random', 'model', 'optim', 'data'],
  experiment: ['kernels', 'random', 'model', 'optim', 'data', 'train'],
  search: ['kernels', 'random', 'model', 'optim', 'data', 'train', 'experiment'],
  bench: ['kernels', 'random', 'model', 'optim', 'data', 'train', 'experiment'],
  report: ['train/eventShape'],
  dashboard: ['data', 'train', 'experiment', 'search', 'report'],
  cli: ['dashboard', 'kernels', 'experiment', 'search', 'bench', 'report', 'data', 'train'],
  jest: ['train'],
  index: ['kernels', 'random', 'model', 'optim', 'data', 'train', 'experiment', 'search', 'report'],
};
/** What a room may import as types only. */
const typesOnly: Readonly<Record<string, readonly string[]>> = {
  report: ['experiment', 'search', 'bench', 'train', 'data/dataset', 'kernels/contract'],
};

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

const roomOf = (path: string): string => path.split('/')[0]!.replace(/\.ts$/, '');

test.each(files)('%s imports only from the rooms that it may', (file) => {
  const room = roomOf(file);
  expect(Object.keys(allowed)).toContain(room);
  const strangers = importsOf(file)
    .filter(({ target }) => target.startsWith('.'))
    .map(({ target, isType }) => ({ path: relative(lib, resolve(lib, dirname(file), target)), isType }))
    .filter(({ path, isType }) => {
      if (roomOf(path) === room || ['text', 'errors', 'arguments', 'files', 'machine', 'numbers'].includes(roomOf(path))) return false;
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
  if (room !== 'experiment') expect(importsOf(file).map(({ target }) => target)).not.toContain('node:worker_threads');
});

test.each(readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' }).filter((file) => /\.(cc|h)$/.test(file)))(
  'native/%s keeps Node-API and CBLAS behind their walls',
  (file) => {
    const text = readFileSync(join(root, 'native', file), 'utf8');
    if (!['addon.cc', 'binding.h'].includes(file)) expect(text).not.toMatch(/#include\s*[<"]n(api|ode_api)\.h/);
    if (file !== 'blas.h') expect(text).not.toMatch(/#include\s*[<"]cblas\.h/);
  },
);
