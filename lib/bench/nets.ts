import { expected, nearest } from '../errors';
import { makeSynthetic } from '../data/synthetic';
import { sharedBytes } from '../data/shared';
import type { Dataset } from '../data/dataset';
import type { TrainingData } from '../build/buildTraining';
import { parseSpec, withBatchSize } from '../spec/spec';
import type { SizedSpec, TrainSpec } from '../spec/spec';

/** A net whose training step is measured. */
export interface BenchNet {
  readonly name: string;
  /** Its sizes, batch size and optimiser. */
  readonly label: string;
  readonly spec: SizedSpec;
}

const sgd = { learningRate: 1e-3, momentum: 0.9, l2: 1e-3, batchSize: 200 } as const;
const adamw = { optimizer: 'adamw', learningRate: 1e-4, weightDecay: 0.01, batchSize: 256 } as const;

const changes: Readonly<Record<string, Partial<TrainSpec>>> = {
  'two-layer': { ...sgd, layers: [3072, 50, 10] },
  'two-layer-200': { ...sgd, layers: [3072, 200, 10] },
  'two-layer-1024': { ...sgd, layers: [3072, 1024, 10] },
  deep: { ...sgd, layers: [3072, 512, 256, 128, 10] },
  adamw: { ...adamw, layers: [3072, 1024, 512, 256, 128, 10] },
  toy: { learningRate: 0.01, layers: [4, 10, 3], batchSize: 5 },
};

/** The names of the nets. */
export const netNames: readonly string[] = Object.keys(changes);

/** The net of that name. Throws ERR_CONFIG, naming the nearest. */
export function findNet(name: string): BenchNet {
  if (Object.hasOwn(changes, name)) return makeNet(name, changes[name]!);
  const suggestion = nearest(name, netNames);
  throw expected('ERR_CONFIG', suggestion ?? `one of ${netNames.join(', ')}`, '--nets', name, { path: 'nets' });
}

/** A net from keys of a spec, with health checks switched off so that only training is measured. */
export function makeNet(name: string, spec: Partial<TrainSpec>): BenchNet {
  const parsed = withBatchSize(parseSpec({ steps: 1_000_000, schedule: 'constant', normalization: 'standardize', health: false, ...spec }), Infinity);
  return { name, label: labelOf(parsed), spec: parsed };
}

function labelOf({ layers, batchSize, optimizer, momentum }: SizedSpec): string {
  return `${layers.join('-')}, batch ${String(batchSize)}, ${optimizer}${momentum > 0 ? ' with momentum' : ''}`;
}

/** As many rows as CIFAR-10's training split, so that batches are read from more memory than the caches hold. */
const imageRows = 49_000;
/** Only this many images are drawn; the other rows repeat them. */
const distinctImages = 1000;

/** Training data in memory. */
export type BenchData = TrainingData & { readonly train: Dataset };

/** Data for a net: images as bytes, or for other input sizes one batch of numbers. */
export function benchData({ spec: { layers, batchSize } }: BenchNet, rows = imageRows): BenchData {
  const origin = { name: 'bench', description: 'rows to measure on', digest: '' };
  const train = layers[0] === 3072 ? images(rows) : numbers(layers[0]!, layers[layers.length - 1]!, batchSize);
  return { train, validation: { ...train, split: 'validation' }, origin };
}

function images(rows: number): Dataset {
  const { train } = makeSynthetic({ train: Math.min(rows, distinctImages), validation: 1, test: 1 });
  const features = new Uint8Array(sharedBytes(rows * train.featureSize)); // as loaders of images do
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row += train.size) {
    const count = Math.min(train.size, rows - row);
    features.set((train.features as Uint8Array).subarray(0, count * train.featureSize), row * train.featureSize);
    labels.set(train.labels.subarray(0, count), row);
  }
  return { ...train, features, labels, size: rows };
}

function numbers(featureSize: number, classes: number, rows: number): Dataset {
  return {
    name: 'bench',
    split: 'train',
    features: Float32Array.from({ length: rows * featureSize }, (_, i) => Math.sin(1 + i)),
    labels: Int32Array.from({ length: rows }, (_, i) => i % classes),
    size: rows,
    featureSize,
    classNames: Array.from({ length: classes }, (_, c) => String(c)),
  };
}
