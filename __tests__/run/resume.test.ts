import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, readFileSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadData } from '../../lib/data/sources';
import type { TrainingData } from '../../lib/build/buildTraining';
import { runTraining } from '../../lib/run/run';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { dataRequest, parseSpec } from '../../lib/spec/spec';
import type { TrainEvent } from '../../lib/train/events';
import { decodeTensors, encodeTensors } from '../../lib/train/safetensors';
import type { Tensor } from '../../lib/train/safetensors';
import { backends } from '../support/backends';
import { temporaryFolder } from '../support/folder';
import { drive, resume as resumeWith, run as runWith, withoutTimes } from '../support/run';
import type { Ran } from '../support/run';
import { tinyData, tinySpec } from '../support/data/tinyData';

const runs = temporaryFolder();
let count = 0;
/** Ends within an epoch, and not on an evaluation. */
const short = { steps: 18, evaluateEvery: 5 };
const tiny = tinyData();
const imageShape = { channels: 3, height: 2, width: 2 };
const data = { train: { ...tiny.train, imageShape }, validation: { ...tiny.validation, imageShape }, origin: tiny.origin };
const run: typeof runWith = (spec, options) => runWith({ ...short, ...spec }, { data, ...options });
const resume: typeof resumeWith = (path, changes, options) => resumeWith(path, changes, { data, ...options });

/** Runs into a folder of its own; gives up without a word behind event number `killedAt`, as after kill -9. */
function begin(spec: object, killedAt = Infinity): { path: string; ran?: Ran } {
  const folder = RunFolder.create({ runs, name: `run${String(++count)}` });
  try {
    const experiment = runTraining(parseSpec({ ...tinySpec, ...short, ...spec }), data, 'run', folder);
    if (killedAt === Infinity) return { path: folder.path, ran: drive(experiment) };
    for (let i = 0; i < killedAt; i++) if (experiment.next().done === true) break;
    return { path: folder.path };
  } finally {
    folder.close();
  }
}

/** What metrics.jsonl says, but for times and the folder's name. */
function metricsOf(path: string): unknown[] {
  const lines = readFileSync(join(path, 'metrics.jsonl'), 'utf8').replaceAll(path, 'RUN').trimEnd().split('\n');
  return withoutTimes(lines.map((line) => JSON.parse(line) as TrainEvent));
}

/** Behind which events to kill: every `stride`-th number of events, and some beyond those of a run without a folder. */
const everywhere = (spec: object, stride: number): number[] =>
  Array.from({ length: Math.ceil((run(spec).events.length + 4) / stride) }, (_, i) => i * stride);

const variants: readonly [string, object][] = [
  ['momentum', {}],
  ['Adam, an average of the weights and reduction on a plateau', {
    optimizer: 'adam', momentum: 0, learningRate: 0.02, emaDecay: 0.9, schedule: 'plateau', decay: 0.5, patience: 1, evaluateEvery: 3, restoreBest: true,
  }],
  ['an ensemble, dropout and running statistics', {
    layers: [12, 8, 8, 3], members: 2, activation: 'gelu', norm: 'batch', dropout: 0.3, inputDropout: 0.1, residual: true, emaDecay: 0.8,
  }],
  ['Nesterov, decay, replacement', { nesterov: true, decay: 0.9, sampling: 'replacement' }],
  ['restoreBest and keepEvery', { restoreBest: true, keepEvery: 7, learningRate: 0.5 }],
  ['early stopping', { earlyStopping: 2, evaluateEvery: 2, steps: 60 }],
  ['evaluations within epochs', { evaluateEvery: 7 }],
  ['shards', { shards: 4, divisions: 3, accumulate: 2, norm: 'batch', dropout: 0.3, flip: true, mixup: 0.5, emaDecay: 0.8, evaluateEvery: 4 }],
  ['everything that draws at random, and everything that keeps a state', {
    layers: [12, 8, 8, 3], activation: 'mish', parametricActivation: true, inputScale: true, numericEmbedding: 'pbld', residual: true,
    norm: 'batch', dropout: 0.3, inputDropout: 0.1, flip: true, shift: 1, cutout: 1, mixup: 0.5, labelSmoothing: 0.1,
    accumulate: 2, clipNorm: 1, optimizer: 'adamw', momentum: 0, l2: 0, weightDecay: 0.1, schedule: 'coslog4', emaDecay: 0.8, evaluateEvery: 4,
    dropoutSchedule: 'flat-cosine', weightDecaySchedule: 'flat-cosine', learningRates: { bias: 0.5 }, weightDecays: { norm: 1 },
  }],
];

describe.each(backends)('on %s kernels', (backend) => {
  describe.each(variants)('with %s', (_, options) => {
    const spec = { ...options, backend, threads: 1 };

    test('a run killed behind any event goes on to the bit', () => {
      const whole = begin(spec);
      for (const killedAt of everywhere(spec, backend === 'native' ? 1 : 5)) {
        const { path } = begin(spec, killedAt);
        if (!existsSync(join(path, 'spec.json'))) continue; // killed before it began
        const { result } = resume(path);
        expect({ killedAt, digest: result.parametersDigest }).toEqual({ killedAt, digest: whole.ran!.result.parametersDigest });
        expect(metricsOf(path)).toEqual(metricsOf(whole.path));
      }
    });

    test('a run stopped at any step goes on to the bit', () => {
      const whole = begin(spec);
      for (let stopAt = 1; stopAt < whole.ran!.result.steps; stopAt += 3) {
        const folder = RunFolder.create({ runs, name: `run${String(++count)}` });
        expect(run(spec, { place: folder, stopAt }).result).toMatchObject({ ended: 'stopped' });
        folder.close();
        const { result } = resume(folder.path);
        expect({ stopAt, digest: result.parametersDigest }).toEqual({ stopAt, digest: whole.ran!.result.parametersDigest });
        expect(metricsOf(folder.path)).toEqual(metricsOf(whole.path));
      }
    });
  });
});

describe.each(backends)('rows that stay on disk, on %s kernels', (backend) => {
  const npy = (name: string, descr: string, shape: string, bytes: ArrayBufferView): string => {
    const file = join(runs, `${name}-${backend}.npy`);
    const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + '\n';
    const start = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([118, 0]), Buffer.from(header, 'latin1')]);
    writeFileSync(file, Buffer.concat([start, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)]));
    return file;
  };
  const { features, labels, size } = tiny.train;
  const spec = {
    data: 'npy', dataFile: npy('rows', '|u1', `(${String(size)}, 12)`, features), target: npy('labels', '<i4', `(${String(size)},)`, labels),
    chunkRows: 40, batchSize: 10, trainRows: 70, validationRows: 10, testRows: 10, backend, threads: 1,
  };
  const load = (): TrainingData => loadData(dataRequest(parseSpec({ ...tinySpec, ...spec })));

  test('a run stopped within a chunk goes on to the bit', () => {
    const whole = run(spec, { data: load() }).result;
    for (let stopAt = 1; stopAt < 18; stopAt += 3) {
      const folder = RunFolder.create({ runs, name: `run${String(++count)}` });
      run(spec, { data: load(), place: folder, stopAt });
      folder.close();
      const { result } = resume(folder.path, {}, { data: load() });
      expect({ stopAt, digest: result.parametersDigest }).toEqual({ stopAt, digest: whole.parametersDigest });
    }
  });
});

type Opened = { readonly tensors: Map<string, Tensor>; readonly metadata: Record<string, string> };

/** Changes what a checkpoint holds; its digest is made anew. */
const rewrite = (change: (opened: Opened) => void) => (file: string): void => {
  const { tensors, metadata } = decodeTensors(new Uint8Array(readFileSync(file)), file);
  const opened = { tensors: new Map(tensors), metadata: { ...metadata } };
  change(opened);
  writeFileSync(file, encodeTensors(opened));
};
const json = (key: string, change: (value: Record<string, unknown>) => void) => ({ metadata }: Opened): void => {
  const value = JSON.parse(metadata[key]!) as Record<string, unknown>;
  change(value);
  metadata[key] = JSON.stringify(value);
};
const stateOf = (change: (state: Record<string, unknown>) => void) => json('state', change);
const factsOf = (change: (facts: Record<string, unknown>) => void) => json('facts', change);

describe('what a kill can leave behind', () => {
  const whole = begin({});

  const torn: readonly [string, (path: string) => void][] = [
    ['a torn last line of the metrics', (path) => { appendFileSync(join(path, 'metrics.jsonl'), '{"type":"step","st'); }],
    ['half-written files', (path) => { writeFileSync(join(path, 'checkpoint.safetensors.123.tmp'), 'half'); }],
    ['no metrics at all', (path) => { rmSync(join(path, 'metrics.jsonl')); }],
  ];
  test.each(torn)('%s is put right', (what, damage) => {
    const { path } = begin({}, 15);
    damage(path);
    const { result } = resume(path);
    expect(result.parametersDigest).toBe(whole.ran!.result.parametersDigest);
    if (what !== 'no metrics at all') expect(metricsOf(path)).toEqual(metricsOf(whole.path));
    expect(readdirSync(path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  const damages: readonly [string, (file: string) => void][] = [
    ['cut', (file) => { truncateSync(file, 1000); }],
    ['empty', (file) => { truncateSync(file, 0); }],
    ['a FIFO', (file) => { rmSync(file); execFileSync('mkfifo', [file]); }],
    ['a symbolic link', (file) => { rmSync(file); symlinkSync('/dev/null', file); }],
    ['of another program', (file) => { writeFileSync(file, 'PK text of something else'); }],
    ['of another run', (file) => { copyFileSync(join(begin({ learningRate: 0.2 }).path, 'checkpoint.safetensors'), file); }],
    ['without a tensor, with a right digest', rewrite(({ tensors }) => { tensors.delete('W2'); })],
    ['of another shape, with a right digest', rewrite(({ tensors }) => { tensors.set('b1', { shape: [1], data: new Float32Array(1) }); })],
    ['without a normalisation', rewrite(({ tensors }) => { tensors.delete('normalization.scale'); })],
    ['without the place of the sampler', rewrite(stateOf((state) => { state['sampler'] = null; }))],
    ['of a sampler that stands beyond its rows', rewrite(stateOf((state) => { (state['sampler'] as Record<string, object>)['batches'] = { epoch: 0, position: 1e6 }; }))],
    ['without the states of its layers', rewrite(stateOf((state) => { (state['parts'] as Record<string, unknown>)['layers'] = []; }))],
    ['with a plateau that the run has not', rewrite(stateOf((state) => { (state['parts'] as Record<string, unknown>)['plateau'] = { rate: 1, best: 1, badEvaluations: 0 }; }))],
    ['to predict with', rewrite(stateOf((state) => { Reflect.deleteProperty(state, 'parts'); }))],
    ['whose progress is a number', rewrite(stateOf((state) => { state['progress'] = 5; }))],
    ['of other inputs', rewrite(factsOf((facts) => { facts['inputSize'] = 13; }))],
  ];
  test.each(damages)('of a last checkpoint that is %s, a warning is said and the previous one is used', (_, damage) => {
    const { path } = begin({}, 20);
    damage(join(path, 'checkpoint.safetensors'));
    const { events, result } = resume(path);
    expect(events[0]).toMatchObject({ type: 'start', resumedFrom: 5 });
    expect(events[1]).toMatchObject({ type: 'warning', code: expect.stringMatching(/^ERR_(CHECKPOINT|IO)$/) as string, message: expect.stringContaining('[ERR_') as string });
    expect(result.parametersDigest).toBe(whole.ran!.result.parametersDigest);
  });

  test('the checkpoint that served takes the place of a damaged one before another is written', () => {
    const { path } = begin({}, 20);
    const [last, previous] = ['checkpoint.safetensors', 'checkpoint.previous.safetensors'].map((name) => join(path, name)) as [string, string];
    const served = readFileSync(previous);
    truncateSync(last, 1000);
    let steps = 0;
    resume(path, {}, {
      answer: (event) => {
        // Before the first new checkpoint.
        if (event.type === 'step' && steps++ === 0) for (const file of [last, previous]) expect(readFileSync(file).equals(served)).toBe(true);
        return undefined;
      },
    });
    expect(steps).toBeGreaterThan(1);
  });

  test('a damaged line of the metrics is named, and the lines behind it stay', () => {
    const { path } = begin({}, 15);
    const file = join(path, 'metrics.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    const kept = lines.length;
    lines[2] = '{"type":"step","step":';
    lines[4] = '{"type":"step","step":1000000,"epoch":1,"loss":1,"batchAccuracy":1,"learningRate":1}';
    writeFileSync(file, lines.join('\n'));
    const { events, result } = resume(path);
    expect(result.parametersDigest).toBe(whole.ran!.result.parametersDigest);
    expect(events.filter((event) => event.type === 'warning')).toMatchObject([{ code: 'METRICS_LINE', message: expect.stringMatching(/line 3 of .*metrics\.jsonl .*left out$/) }]);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeGreaterThan(kept);
  });

  test('where both are damaged, ERR_CHECKPOINT says so and nothing is touched', () => {
    const { path } = begin({}, 20);
    for (const name of ['checkpoint.safetensors', 'checkpoint.previous.safetensors']) truncateSync(join(path, name), 1000);
    const before = metricsOf(path);
    expect(() => resume(path)).toThrow(expect.objectContaining({ code: 'ERR_CHECKPOINT' }));
    expect(metricsOf(path)).toEqual(before);
  });

  test('a best model that is gone is said, and the run ends with its last', () => {
    const folder = RunFolder.create({ runs, name: 'lost' });
    run({ restoreBest: true }, { place: folder, stopAt: 7 });
    folder.close();
    const { path } = folder;
    rmSync(join(path, 'best.safetensors'));
    const { events } = resume(path, {}, { answer: () => 'stop' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'RESUME_BEST' }));
    expect(events[events.length - 1]).toMatchObject({ ended: 'stopped', bestStep: 5, modelStep: 8 });
  });
});

describe('going on', () => {
  test('with more steps is the longer run', () => {
    const { path } = begin({ steps: 10 });
    const { result } = resume(path, { steps: 18 });
    expect(result.parametersDigest).toBe(run({}).result.parametersDigest);
    expect(JSON.parse(readFileSync(join(path, 'spec.json'), 'utf8'))).toMatchObject({ steps: 18, record: { resumed: [{ step: 10 }] } });
  });

  test.each([
    ['a schedule that goes by the length', { schedule: 'cosine' }, true],
    ['one that does not', { schedule: 'exponential', decay: 0.9 }, false],
    ['no change', { schedule: 'cosine', steps: 18 }, false],
  ])('with more steps and %s', (_, spec, isSaid) => {
    const { path } = begin({ steps: 12, ...spec }, 14);
    const { events } = resume(path, { steps: 18 });
    expect(events.filter(({ type }) => type === 'warning')).toEqual(isSaid ? [expect.objectContaining({ code: 'RESUME_SCHEDULE' })] : []);
  });

  test('with epochs in place of steps', () => {
    const { path } = begin({ steps: 10 });
    expect(resume(path, { epochs: 3 }).result).toMatchObject({ steps: 15, epochs: 3 });
  });

  test('with fewer steps than are done is refused', () => {
    const { path } = begin({});
    expect(() => resume(path, { steps: 17 })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', details: { path: 'steps' } }));
  });

  test('with a finished run repeats its result', () => {
    const { path, ran } = begin({});
    const before = metricsOf(path);
    expect(resume(path).result.parametersDigest).toBe(ran!.result.parametersDigest);
    expect(metricsOf(path)).toEqual(before);
  });

  test('with other data is ERR_DATA', () => {
    const { path } = begin({}, 15);
    expect(() => resume(path, {}, { data: { ...data, origin: { ...data.origin, digest: 'e'.repeat(64) } } })).toThrow(
      expect.objectContaining({ code: 'ERR_DATA', message: expect.stringContaining('digest dddddddddddd') as string }),
    );
  });

  test('on the other backend is said', () => {
    const { path } = begin({ backend: 'typescript' }, 15);
    const spec = join(path, 'spec.json');
    writeFileSync(spec, readFileSync(spec, 'utf8').replace(/(?<="record": [^]*)"backend": "typescript"/, '"backend": "native"'));
    expect(resume(path).events).toContainEqual(expect.objectContaining({
      type: 'warning', code: 'RESUME_CONDITIONS', message: expect.stringContaining('backend was native and is typescript') as string,
    }));
  });

  test('with another rate is refused by name, and so is a run that does not exist', () => {
    const { path } = begin({}, 15);
    expect(() => resume(path, { learningRate: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining("'learningRate'") as string }),
    );
    expect(() => resume(join(runs, 'nobody'))).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
  });
});
