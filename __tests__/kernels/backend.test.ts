import fs, { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type * as KernelsModule from '../../lib/kernels';
import { getThreads, kernelsFor, nativeStatus, selectBackend, setThreads } from '../../lib/kernels';
import type { BackendName, Dtype } from '../../lib/kernels/contract';
import { backends, kernelBackends } from '../support/backends';

const variables = ['BLASTRAIN_BACKEND', 'BLASTRAIN_PREBUILD', 'BLASTRAIN_WASM'] as const;
const before = variables.map((name) => process.env[name]);

function setVariable(name: (typeof variables)[number], value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

afterEach(() => {
  variables.forEach((name, i) => { setVariable(name, before[i]); });
});

const nativeOnly = backends.includes('native') ? describe : describe.skip;

nativeOnly('with native kernels', () => {
  const hasLargePages = fs.existsSync('/sys/kernel/mm/transparent_hugepage/enabled');

  (hasLargePages ? test : test.skip)('large arrays ask for large pages', () => {
    const asking = (): number => [...readFileSync('/proc/self/smaps', 'utf8').matchAll(/^Size: +(\d+) kB[^]*?^VmFlags:(.*)$/gm)]
      .filter(([, , flags]) => / hg\b/.test(flags!)).reduce((sum, [, size]) => sum + Number(size), 0);
    const first = asking();
    const kept = [kernelsFor('float32', 'native').allocate(5 << 20), kernelsFor('float64', 'native').allocate(5 << 20)];
    expect(asking() - first).toBeGreaterThanOrEqual(20 * 1024 + 40 * 1024 - 16);
    expect(kept.map((array) => array[0])).toEqual([0, 0]);
  });

  // Fails, rather than skips, where the addon does not load: a suite that never ran it proves nothing.
  test('the addon loads and tells about itself', () => {
    expect(nativeStatus()).toEqual({
      loaded: true,
      info: {
        openblasVersion: expect.stringContaining('OpenBLAS') as string,
        openblasCore: expect.stringMatching(/^\w+$/) as string,
        ownBlas: false,
        threads: getThreads('native'),
        maxThreads: expect.any(Number) as number,
        cpuFeatures: expect.any(Array) as string[],
        isa: expect.stringMatching(/^(generic|avx2|avx512|amx(-emulated)?)$/) as string,
        splitsProducts: expect.any(Boolean) as boolean,
        packsBytes: expect.any(Boolean) as boolean,
        compiler: expect.stringMatching(/\d+\.\d+/) as string,
      },
    });
  });

  test.each<{ choice?: BackendName; variable?: string; backend: BackendName }>([
    { backend: 'native' },
    { variable: '', backend: 'native' },
    { variable: 'native', backend: 'native' },
    { variable: 'wasm', backend: 'wasm' },
    { variable: 'typescript', backend: 'typescript' },
    { choice: 'native', variable: 'typescript', backend: 'native' },
    { choice: 'typescript', variable: 'native', backend: 'typescript' },
  ])('%j', ({ choice, variable, backend }) => {
    setVariable('BLASTRAIN_BACKEND', variable);
    expect(selectBackend(choice)).toEqual({ backend });
    expect(kernelsFor('float32', choice).backend).toBe(backend);
  });

  test('the number of threads is one for the whole process', () => {
    const threads = getThreads('native');
    setThreads(1);
    expect(getThreads('native')).toBe(1);
    setThreads(2);
    expect(getThreads('native')).toBe(2);
    setThreads(threads);
  });
});

test('TypeScript kernels have one thread', () => {
  setThreads(2);
  expect(getThreads('typescript')).toBe(1);
});

test.each([0, -1, 1.5, NaN, 2 ** 31, '2'])('%p threads are refused', (threads) => {
  expect(() => { setThreads(threads as number); }).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
});

test.each(kernelBackends)('%s kernels say what they are', (backend) => {
  for (const dtype of ['float32', 'float64'] as const) {
    expect(kernelsFor(dtype, backend)).toMatchObject({ backend, dtype });
  }
});

test('an unknown dtype is refused', () => {
  expect(() => kernelsFor('float16' as Dtype, 'typescript')).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
});

test('a misspelt backend is refused with the nearest name', () => {
  const refusal = { code: 'ERR_CONFIG', details: { path: 'backend', nearest: 'native' } };
  expect(() => selectBackend('natve' as BackendName)).toThrow(expect.objectContaining(refusal));
  setVariable('BLASTRAIN_BACKEND', 'typescrpt');
  expect(() => selectBackend()).toThrow(
    "Expected native or wasm or typescript (did you mean typescript?) for BLASTRAIN_BACKEND but received 'typescrpt'",
  );
});

describe('without native kernels', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blastrain-'));
    mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** The module as it comes up where the addon is looked for in `folder`, which holds this binary or none. */
  function freshKernels(binary?: Uint8Array): typeof KernelsModule {
    if (binary !== undefined) writeFileSync(join(folder, 'build', 'Release', 'blastrain.node'), binary);
    setVariable('BLASTRAIN_PREBUILD', folder);
    setVariable('BLASTRAIN_BACKEND', undefined);
    let fresh: typeof KernelsModule | undefined;
    jest.isolateModules(() => {
      fresh = jest.requireActual<typeof KernelsModule>('../../lib/kernels');
    });
    return fresh!;
  }

  (kernelBackends.includes('wasm') ? test : test.skip)('everything runs in WebAssembly, and one line says so, why, and what to type', () => {
    const { backend, fallback } = freshKernels().selectBackend();
    expect(backend).toBe('wasm');
    expect(fallback).toMatch(
      /^The native kernels did not load \(no binary was built for \S+\); the WebAssembly kernels run instead, several times slower\. .*type: apt-get install .* && npm run install$/,
    );
  });

  test('without the WebAssembly ones too everything runs in TypeScript, and one line says so, why, and what to type', () => {
    setVariable('BLASTRAIN_WASM', folder);
    const kernels = freshKernels();
    const { backend, fallback } = kernels.selectBackend();
    expect(backend).toBe('typescript');
    expect(fallback).toMatch(
      /^The native kernels did not load \(no binary was built for \S+\), nor the WebAssembly ones \(kernels[-\w]*\.wasm is not in \S+\); the TypeScript kernels run instead, many times slower\. .*type: apt-get install .* && npm run install$/,
    );
    expect(kernels.wasmStatus()).toEqual({ loaded: false, reason: expect.stringContaining('is not in') as string, mend: expect.stringContaining('clang') as string });
    expect(() => kernels.kernelsFor('float32', 'wasm')).toThrow(expect.objectContaining({
      code: 'ERR_BACKEND', message: expect.stringMatching(/^Expected a module that loads for backend wasm but received: kernels\S* is not in /) as string,
    }));
    expect(kernels.kernelsFor('float32').nrm2(2, Float32Array.of(3, 4))).toBe(5);
    expect(kernels.getThreads()).toBe(1);
  });

  test('on Alpine the line to type is one for apk', () => {
    const { existsSync } = fs;
    const spy = jest.spyOn(fs, 'existsSync').mockImplementation((path) => path === '/etc/alpine-release' || existsSync(path));
    try {
      expect(freshKernels().selectBackend().fallback).toMatch(/type: apk add g\+\+ make cmake openblas-dev && npm run install$/);
    } finally {
      spy.mockRestore();
    }
  });

  test('asking for native by name is refused with reason and mend', () => {
    const kernels = freshKernels();
    const status = kernels.nativeStatus();
    expect(status).toMatchObject({ loaded: false });
    const { reason, mend } = status as { reason: string; mend: string };
    const refusal = expect.objectContaining({ code: 'ERR_BACKEND', details: expect.objectContaining({ reason, mend, tried: folder }) as object }) as Error;
    expect(() => kernels.selectBackend('native')).toThrow(refusal);
    expect(() => kernels.kernelsFor('float64', 'native')).toThrow(refusal);
    setVariable('BLASTRAIN_BACKEND', 'native');
    expect(() => kernels.selectBackend()).toThrow(refusal);
    expect(kernels.selectBackend('typescript')).toEqual({ backend: 'typescript' });
  });

  test('a file that is no addon is reported as such', () => {
    const kernels = freshKernels(Buffer.from('not a shared object'));
    expect(kernels.nativeStatus()).toEqual({
      loaded: false,
      reason: expect.stringMatching(/^[^\n]*blastrain\.node[^\n]*$/) as string,
      mend: expect.stringContaining('npm run install') as string,
    });
  });

  (backends.includes('native') ? test : test.skip)('a missing libopenblas is named, with its package', () => {
    const root = resolve(__dirname, '..', '..');
    const nodeGypBuild = createRequire(__filename)('node-gyp-build') as { path: (root: string) => string };
    const binary = readFileSync(nodeGypBuild.path(root));
    const name = binary.indexOf('libopenblas.so.0');
    binary.write('libopenblas.so.9', name);
    expect(freshKernels(binary).nativeStatus()).toEqual({
      loaded: false,
      reason: expect.stringContaining('libopenblas.so.9: cannot open shared object file') as string,
      mend: 'apt-get install libopenblas0',
    });
  });
});
