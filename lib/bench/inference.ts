import { createRequire } from 'node:module';
import { join } from 'node:path';
import { toPlain } from '../errors';
import { exportOnnx } from '../formats/onnx/exportOnnx';
import { Model } from '../inference/model';
import { defaultThreads } from '../machine';
import { kernelsFor, setThreads } from '../kernels';
import type { BackendName } from '../kernels/contract';
import { initialize } from '../model/init';
import { mlp } from '../model/sequential';
import { modelChunks } from '../train/modelFile';
import { RandomState } from '../random';
import { LoadWatch } from './machine';
import { makeReport } from './report';
import type { BenchEntry, BenchOptions, BenchReport } from './report';
import { inProcess, measure, now } from './timing';
import type { Contender } from './timing';

export interface InferenceOptions extends BenchOptions {
  readonly backends: readonly BackendName[];
  /** Default 1 and 10,000. */
  readonly rows?: readonly number[];
  readonly threads?: number;
  /** Folder with the npm package onnxruntime-node. */
  readonly folder?: string;
}

/** A net for pictures and one for tables, with random weights. */
const nets = [[3072, 512, 256, 128, 10], [30, 64, 32, 2]] as const;
/** Largest difference between probabilities of two libraries. */
const tolerance = 1e-5;

/** What onnxruntime-node has that is used here. */
interface OnnxRuntime {
  readonly InferenceSession: { create(bytes: Uint8Array, options: { intraOpNumThreads: number }): Promise<Session> };
  readonly Tensor: new (type: 'float64', data: Float64Array, dims: readonly number[]) => unknown;
}
interface Session {
  run(feeds: Readonly<Record<string, unknown>>, fetches: readonly string[]): Promise<{ readonly probabilities: { readonly data: Float32Array } }>;
}

/**
 * Measures predictions of single rows and of many, from features to probabilities, beside the same model, as `export` writes it, in
 * onnxruntime-node where `folder` has it. A peer that is not installed, or whose probabilities differ, is left out, and a note says why.
 */
export async function benchInference(options: InferenceOptions): Promise<BenchReport> {
  const { backends, rows = [1, 10_000], threads = defaultThreads(), folder, rounds = 9, sampleSeconds = 0.1, onProgress } = options;
  const watch = new LoadWatch();
  setThreads(threads);
  const notes: string[] = [];
  const peer = folder === undefined ? undefined : loadPeer(folder, notes);
  const entries: BenchEntry[] = [];
  for (const sizes of nets) {
    const bytes = randomModel(sizes);
    const models = backends.map((backend) => ({ backend, model: Model.load(bytes, { backend }) }));
    const session = await peer?.runtime.InferenceSession.create(exportOnnx(models[0]!.model).bytes, { intraOpNumThreads: threads });
    for (const count of rows) {
      const subject = sizes.join('-');
      onProgress?.(`${subject}, ${count.toLocaleString('en')} rows`);
      const features = Float64Array.from({ length: count * sizes[0] }, (_, i) => Math.sin(i));
      const contenders = models.map(({ backend, model }): Contender => inProcess(backend === 'native' ? 'blastrain' : `blastrain, ${backend}`, () => { model.outputs(features); }));
      if (session !== undefined) {
        const feeds = { features: new peer!.runtime.Tensor('float64', features, [count, sizes[0]]) };
        const theirs = (await session.run(feeds, ['probabilities'])).probabilities.data;
        const own = models[0]!.model.outputs(features) as Float32Array;
        const worst = own.reduce((most, one, i) => Math.max(most, Math.abs(one - theirs[i]!)), 0);
        if (worst <= tolerance) contenders.push({ name: peer!.name, run: (times) => timeSession(session, feeds, times) });
        else notes.push(`${peer!.name} is left out: its probabilities differ by ${String(worst)}`);
      }
      const weights = sizes.slice(1).reduce((sum, size, i) => sum + size * sizes[i]!, 0);
      (await measure(contenders, { rounds, sampleSeconds })).forEach((time, c) => {
        entries.push({ subject, case: count === 1 ? '1 row' : `${count.toLocaleString('en')} rows`, who: contenders[c]!.name, time, flops: 2 * count * weights, bytes: 0, share: null });
      });
    }
  }
  return makeReport('inference', { load: watch.end(), peak: null, entries, notes });
}

async function timeSession(session: Session, feeds: Readonly<Record<string, unknown>>, times: number): Promise<number> {
  const begun = now();
  for (let i = 0; i < times; i++) await session.run(feeds, ['probabilities']);
  return now() - begun;
}

function loadPeer(folder: string, notes: string[]): { readonly name: string; readonly runtime: OnnxRuntime } | undefined {
  try {
    const load = createRequire(join(folder, 'package.json'));
    const { version } = load('onnxruntime-node/package.json') as { readonly version: string };
    return { name: `ONNX Runtime ${version}`, runtime: load('onnxruntime-node') as OnnxRuntime };
  } catch (error) {
    notes.push(`onnxruntime-node is left out: ${toPlain(error).message.split('\n', 1)[0]!}`);
    return undefined;
  }
}

/** The file of a classifier of standardised features with random weights. */
function randomModel(sizes: readonly number[]): Uint8Array {
  const [inputSize, outputSize] = [sizes[0]!, sizes[sizes.length - 1]!];
  const net = mlp(sizes, kernelsFor('float32', 'typescript'), 1);
  initialize(net, 'he', 0, new RandomState(0));
  const facts = { spec: { layers: sizes, steps: 1 }, classNames: Array.from({ length: outputSize }, (_, i) => String(i)), dataDigest: '', inputSize, outputSize };
  const normalization = { mean: new Float64Array(inputSize), std: new Float64Array(inputSize).fill(1) };
  return new Uint8Array(Buffer.concat(modelChunks(net, { facts, step: 1, metrics: null, normalization })));
}
