import { spawnSync } from 'node:child_process';
import { packageRoot } from '../../lib/files';
import { kernelBackends } from '../support/backends';

/** Runs 10,000 steps with events due at none of them, in a process that reports its garbage collections. */
const script = (backend: string, spec: object): string => `
  const { buildTraining } = require('./dist/build/buildTraining');
  const { parseSpec } = require('./dist/spec/spec');
  const { defaultKernels } = require('./dist/kernels');
  const { freshProgress, train } = require('./dist/train/train');
  const rows = (split, size) => ({
    name: 'bytes', split, size, featureSize: 48, classNames: ['a', 'b', 'c'],
    features: Uint8Array.from({ length: 48 * size }, (_, i) => 31 * i),
    labels: Int32Array.from({ length: size }, (_, i) => i % 3),
  });
  const data = { train: rows('train', 3000), validation: rows('validation', 20), origin: { name: '', description: '', digest: '' } };
  const [warmUp, steps] = [10000, 10000];
  const spec = parseSpec({
    layers: [48, 10, 3], batchSize: 10, learningRate: 1e-3, backend: '${backend}', threads: 1,
    steps: warmUp + steps + 1, logEvery: 1e9, evaluateEvery: 1e9, histogramEvery: 0, ...${JSON.stringify(spec)},
  });
  const { training } = buildTraining(spec, data, defaultKernels(spec.dtype, '${backend}'));
  const { schedule } = training;
  // The schedule is asked once a step.
  const marked = (step) => {
    if (step === warmUp) {
      gc();
      console.log('BEGIN');
    }
    if (step === warmUp + steps) console.log('END');
    return schedule(step);
  };
  const loop = train({ ...training, schedule: marked }, freshProgress(), () => undefined);
  while (loop.next().done !== true);`;

/** Collections during the 10,000 steps, one line each, where `megabytes` are room for what is new; Node gives 16. */
function collections(backend: string, spec: object, megabytes: number): string[] {
  const room = ['min', 'max'].map((bound) => `--${bound}-semi-space-size=${String(megabytes)}`);
  const flags = ['--trace-gc', '--expose-gc', ...room];
  const child = spawnSync(process.execPath, [...flags, '-e', script(backend, spec)], { cwd: packageRoot, encoding: 'utf8' });
  expect(child.stderr).toBe('');
  const lines = child.stdout.split('\n');
  const [begin, end] = [lines.indexOf('BEGIN'), lines.indexOf('END')];
  expect(begin).toBeGreaterThan(0); // gc() itself is reported before it
  expect(end).toBeGreaterThan(begin);
  return lines.slice(begin + 1, end);
}

// Arrays, closures or events would show. What is left are numbers that cross from one function into another, such as the
// loss, at 16 bytes each: some five a step, and with all that a step can do ten.
describe.each(kernelBackends)('10,000 steps on %s kernels', (backend) => {
  test.each([
    ['SGD with momentum', 2, { momentum: 0.9, l2: 1e-3 }],
    ['float64, an ensemble', 4, { dtype: 'float64', momentum: 0.9, l2: 1e-3, members: 2 }],
    ['shards', 4, { shards: 2, accumulate: 2, momentum: 0.9, clipNorm: 1, norm: 'batch' }],
    ['AdamW, a schedule and what else a step can do', 4, {
      optimizer: 'adamw', weightDecay: 0.01, schedule: 'cosine', norm: 'batch', dropout: 0.2, clipNorm: 1, emaDecay: 0.99,
    }],
  ])('leave nothing to collect: %s', (_, megabytes, spec) => {
    expect(collections(backend, spec, megabytes)).toEqual([]);
  });
});
