import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/cli';
import { openCleanRoom, removePrebuilds, sizeOf } from '../support/cleanRoom';
import type { CleanRoom, Project } from '../support/cleanRoom';
import { temporaryFolder } from '../support/folder';
import { describeWith, missingForPrebuild, prebuild } from '../support/prebuild';

/** Trains a moment on the native kernels, and shows that they are native and that no OpenBLAS but their own is there. */
const trial = `
  const names = Object.keys(blastrain).filter((name) => !['default', 'module.exports', '__esModule'].includes(name)).sort();
  const { backend } = blastrain.selectBackend();
  const data = blastrain.makeSynthetic({ train: 64, validation: 16, test: 16 });
  blastrain.train({ layers: [3072, 4, 10], batchSize: 32, epochs: 1 }, { data }).model.then((model) => {
    const predictions = model.predict(data.test.features).length;
    const libraries = process.report.getReport().sharedObjects;
    console.log(JSON.stringify({ names, backend, predictions, openblas: libraries.filter((path) => path.includes('openblas')) }));
  });`;
const required = `const blastrain = require('blastrain'); ${trial}`;
const imported = `import * as blastrain from 'blastrain'; ${trial}`;

/** Right uses, and wrong ones that the types must refuse. */
const consumer = `
  import { BlastrainError, kernelsFor, loadCifar10, mlp, parseSpec, Sgd, train } from 'blastrain';
  import type { Model, Dataset, Kernels, TrainEvent, TrainingRun, TrainSpec } from 'blastrain';

  export async function use(data: ReturnType<typeof loadCifar10>): Promise<Model> {
    const spec: TrainSpec = parseSpec({ layers: [3072, 100, 10], learningRate: 0.03 });
    const run: TrainingRun = train(spec, { data });
    for await (const event of run) {
      const known: TrainEvent = event;
      if (known.type === 'evaluation') known.valAccuracy?.toFixed(3);
      // @ts-expect-error only after a look at its type is it known what an event has
      event.valAccuracy;
    }
    const features: Dataset['features'] = data.validation.features;
    const model = await run.model;
    for (const { className, probabilities } of model.predict(features)) className?.concat(String(probabilities?.[0]));
    return model;
  }

  export const kernels: Kernels = kernelsFor('float32');
  export const network = mlp([4, 10, 3], kernels, 5);
  export const code: string = new BlastrainError('ERR_CONFIG', 'a message').code;
  // @ts-expect-error no such dtype
  kernelsFor('float16');
  // @ts-expect-error a misspelt key
  train({ learningrate: 0.1 });
  // @ts-expect-error a number, not a text
  train({ learningRate: '0.1' });
  // @ts-expect-error a code of ours
  new BlastrainError('ERR_OTHER', 'a message');
  export { Sgd };`;

interface Tried {
  readonly names: readonly string[];
  readonly backend: string;
  readonly predictions: number;
  readonly openblas: readonly string[];
}

const nodes = join(root, '.cache', 'nodes');
const majors = existsSync(nodes) ? readdirSync(nodes) : [];

describeWith(missingForPrebuild(), 'in a clean room, the package', () => {
  const folder = temporaryFolder();
  let room: CleanRoom;
  let project: Project;
  let seconds: number;
  beforeAll(async () => {
    prebuild();
    room = await openCleanRoom(folder);
    project = room.project('project');
    seconds = await project.install();
  });
  afterAll(() => { room.close(); });

  async function tryIt(place: Project, kind: 'module' | 'commonjs', node = 'node'): Promise<Tried> {
    const file = kind === 'module' ? 'trial.mjs' : 'trial.cjs';
    place.write(file, kind === 'module' ? imported : required);
    return JSON.parse((await place.run(node, file)).stdout) as Tried;
  }
  const native = { backend: 'native', predictions: 16, openblas: [] };

  test('is small, asks for few others and for nothing else', () => {
    const modules = join(project.folder, 'node_modules');
    const manifests = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((path) => /^(@[^/]+\/)?[^/]+\/package\.json$/.test(path));
    const size = sizeOf(modules);
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    process.stderr.write(
      `installed from ${megabytes(statSync(room.archive).size)} in ${seconds.toFixed(1)} s: ${megabytes(size)} in ${manifests.length} packages\n`,
    );
    expect(size).toBeLessThan(25e6);
    expect(statSync(room.archive).size).toBeLessThan(8e6);
    expect(manifests.length).toBeLessThan(15);
    const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { peerDependencies: Record<string, string> };
    // npm looks up optional peers too, and goes on without those that it does not find.
    expect(room.unknown).toEqual(Object.keys(peerDependencies).map((name) => `/${name}`));
  });

  test('gives import and require the same names, and trains natively', async () => {
    const [esm, cjs] = await Promise.all([tryIt(project, 'module'), tryIt(project, 'commonjs')]);
    expect(cjs).toMatchObject(native);
    expect(esm).toEqual(cjs);
    expect(cjs.names).toContain('train');
  });

  test('carries the WebAssembly modules', async () => {
    const script = `process.env.BLASTRAIN_BACKEND = 'wasm';
      console.log(require('blastrain').kernelsFor('float32').nrm2(2, Float32Array.of(3, 4)));`;
    expect((await project.run('node', '-e', script)).stdout).toBe('5\n');
    expect((await project.run('node', '--experimental-wasm-relaxed-simd', '-e', script)).stdout).toBe('5\n');
  });

  test('answers to the names of its exports map alone', async () => {
    const attempt = (name: string): string => `try { require('${name}'); console.log('ok'); } catch (error) { console.log(error.code); }`;
    const names = ['blastrain/package.json', 'blastrain/dist/index.js', 'blastrain/lib'];
    const { stdout } = await project.run('node', '-e', names.map(attempt).join(''));
    expect(stdout).toBe('ok\nERR_PACKAGE_PATH_NOT_EXPORTED\nERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  test('passes publint', async () => {
    const { stdout } = await project.run('node', join(root, 'node_modules', 'publint', 'src', 'cli.js'), 'run', room.archive, '--strict');
    expect(stdout).toContain('All good!');
  });

  test('has the right types by every way of resolving it', async () => {
    project.write('attw.mjs', `
      import { readFileSync } from 'node:fs';
      import { checkPackage, createPackageFromTarballData } from '${join(root, 'node_modules', '@arethetypeswrong', 'core', 'dist', 'index.js')}';
      const { types, problems } = await checkPackage(createPackageFromTarballData(readFileSync(process.argv[2])));
      console.log(JSON.stringify({ types: types.kind, problems }));`);
    // What is for pages is an ES module alone.
    const ofPages = { kind: 'CJSResolvesToESM', entrypoint: './web', resolutionKind: 'node16-cjs' };
    expect(JSON.parse((await project.run('node', 'attw.mjs', room.archive)).stdout)).toEqual({ types: 'included', problems: [ofPages] });
  });

  test.each([
    ['node16', 'consumer.mts', ['--module', 'node16', '--moduleResolution', 'node16']],
    ['node16', 'consumer.cts', ['--module', 'node16', '--moduleResolution', 'node16']],
    ['bundler', 'consumer.ts', ['--module', 'esnext', '--moduleResolution', 'bundler']],
  ])('type-checks what uses it, with moduleResolution %s in %s', async (_, file, options) => {
    project.write(file, consumer);
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--lib', 'es2022'];
    expect((await project.run('node', tsc, ...strict, ...options, file)).stdout).toBe('');
  });

  test('runs its command', async () => {
    const { stdout } = await project.run('npx', 'blastrain', 'doctor', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ backend: 'native' });
    expect((await project.run('npx', 'blastrain', 'toy')).stdout).toContain('loss 1.30378789133');
  });

  test('bears worker threads that train at once and are ended on the way', async () => {
    project.write('worker.cjs', `
      const { Worker, isMainThread, parentPort } = require('node:worker_threads');
      const { kernelsFor, makeSynthetic, mlp, Objective, train } = require('blastrain');
      if (isMainThread) {
        const endOne = () => new Promise((settle, reject) => {
          const worker = new Worker(__filename);
          worker.on('error', reject);
          worker.once('message', () => worker.terminate().then(settle));
        });
        Promise.all(Array.from({ length: 4 }, endOne)).then(async () => {
          const data = makeSynthetic({ train: 64, validation: 16, test: 16 });
          const model = await train({ layers: [3072, 4, 10], batchSize: 32, epochs: 1 }, { data }).model;
          console.log('afterwards', model.predict(data.test.features).length);
        });
      } else {
        const kernels = kernelsFor('float32', 'native');
        const [x, c] = [new Float32Array(256 * 256).fill(1), new Float32Array(256 * 256)];
        for (let i = 0; ; i++) {
          kernels.gemm(false, false, 256, 256, 256, 1, x, x, 0, c);
          if (i === 20) parentPort.postMessage('at work');
        }
      }`);
    expect((await project.run('node', 'worker.cjs')).stdout).toBe('afterwards 16\n');
  });

  test('needs no install script', async () => {
    const other = room.project('without-scripts');
    await other.install('--ignore-scripts');
    expect(await tryIt(other, 'commonjs')).toMatchObject(native);
  });

  describeWith(majors.length > 0 ? [] : ['.cache/nodes, see scripts/nodes.sh'], 'in other releases of Node.js', () => {
    test.each(majors.length > 0 ? majors : ['none'])('%s', async (major) => {
      const node = join(nodes, major, 'bin', 'node');
      expect((await project.run(node, '-p', 'process.versions.node')).stdout).toMatch(new RegExp(`^${major}\\.`));
      const [esm, cjs] = await Promise.all([tryIt(project, 'module', node), tryIt(project, 'commonjs', node)]);
      expect(cjs).toMatchObject(native);
      expect(esm).toEqual(cjs);
    });
  });

  describe('where it has no addon', () => {
    let bare: Project;
    beforeAll(() => {
      bare = room.project('without-addon', project);
      removePrebuilds(bare);
    });

    test('installs, with one line that says what to type', async () => {
      const { stderr } = await bare.run('npm', 'rebuild', 'blastrain', '--foreground-scripts');
      const lines = stderr.split('\n').filter((line) => line.startsWith('blastrain'));
      expect(lines).toEqual([expect.stringMatching(/no binary for linux-.*the WebAssembly kernels will be used.*builds native ones: npm rebuild blastrain --build-from-source$/)]);
    });

    test('trains on WebAssembly and says so once', async () => {
      expect(await tryIt(bare, 'commonjs')).toMatchObject({ backend: 'wasm', predictions: 16 });
      const { stdout, stderr } = await bare.run('npx', 'blastrain', 'toy');
      expect(stdout).toContain('loss 1.30378789133');
      expect(stderr.match(/npm rebuild blastrain --build-from-source/g)).toHaveLength(1);
    });

    test('refuses to build without a compiler, and names it', async () => {
      await expect(bare.run('npm', 'rebuild', 'blastrain', '--build-from-source', '--foreground-scripts')).rejects.toThrow(
        /the native kernels were not built: c\+\+ and cmake not found; on Debian or Ubuntu type: apt-get install g\+\+ make cmake libopenblas-dev/,
      );
    });
  });
});
