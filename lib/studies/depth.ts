import { join } from 'node:path';
import { expected } from '../errors';
import { readJson, replaceFile, waitSync, sizeLimits } from '../files';
import { refine, count, listOf, numberOrNaN, objectOf, oneOf, text } from '../files/shape';
import type { Norm } from '../model/layers/hidden';
import type { ResultEvent } from '../train/events';
import { claimFolder } from '../runFolder/ownedFolder';
import type { OwnedFolder } from '../runFolder/ownedFolder';
import { parseSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { testResultShape } from '../inference/ledger';
import type { TestResult } from '../inference/ledger';

/** The nets that the depth experiment compares: one more hidden layer each time. */
export const depthLayers: readonly (readonly number[])[] = [
  [3072, 512, 10],
  [3072, 512, 256, 10],
  [3072, 512, 256, 128, 10],
  [3072, 512, 256, 128, 64, 10],
];

/** Keys that all nets of the experiment share; only `layers` and `norm` differ. */
export const depthSpec: Partial<TrainSpec> = {
  normalization: 'standardize', init: 'he', optimizer: 'adamw', learningRate: 1e-3, weightDecay: 0.01,
  schedule: 'one-cycle', dropout: 0.2, labelSmoothing: 0.1, batchSize: 256, epochs: 15,
};

/** One net of the experiment, ready to train. */
export interface DepthRun {
  readonly depth: number;
  readonly norm: Norm;
  readonly spec: TrainSpec;
  readonly name: string;
}

/** One line of the experiment's table. */
export interface DepthResult {
  readonly run: string;
  /** Linear layers. */
  readonly depth: number;
  readonly norm: Norm;
  readonly layers: readonly number[];
  readonly parameters: number;
  readonly trainAccuracy: number;
  readonly valAccuracy: number;
  readonly seconds: number;
}

/** Contents of depth.json. */
export interface DepthReport {
  readonly type: 'depth';
  readonly name: string;
  readonly results: readonly DepthResult[];
  /** The run with the best validation accuracy, and its test evaluation. */
  readonly best: string;
  readonly test: TestResult;
}

/**
 * The runs of the experiment: 2 to 5 layers, each without and with batch norm, with `changes` applied to {@link depthSpec}. Creates the
 * experiment's folder, the first free BASE-n of `runs`, after which the runs are named. Throws ERR_CONFIG for a change that the nets
 * do not allow, ERR_IO.
 */
export function depthRuns(runs: string, base: string, changes: Readonly<Record<string, unknown>>): { owned: OwnedFolder; nets: DepthRun[] } {
  if (changes['validationRows'] === 0) {
    throw expected('ERR_CONFIG', 'at least one validation row, as nets are compared by them,', 'validationRows', 0, { path: 'validationRows' });
  }
  const nets = (['none', 'batch'] as const).flatMap((norm) =>
    depthLayers.map((layers) => ({ depth: layers.length - 1, norm, spec: parseSpec({ ...depthSpec, ...changes, layers, norm }) })));
  const owned = waitSync(claimFolder({ runs, base }));
  const nameOf = (depth: number, norm: Norm): string => `${owned.name}-${String(depth)}layers${norm === 'none' ? '' : '-batchnorm'}`;
  return { owned, nets: nets.map((net) => ({ ...net, name: nameOf(net.depth, net.norm) })) };
}

/** The table's line for a trained net. */
export function depthResult({ depth, norm, spec }: DepthRun, result: ResultEvent, parameters: number): DepthResult {
  const { run, trainAccuracy = NaN, valAccuracy = NaN, seconds } = result; // the nets classify
  return { run, depth, norm, layers: spec.layers, parameters, trainAccuracy, valAccuracy, seconds };
}

/** The net with the best validation accuracy; the first of equals. */
export function bestOf(results: readonly DepthResult[]): DepthResult {
  return results.reduce((best, result) => (result.valAccuracy > best.valAccuracy ? result : best));
}

const reportShape = refine(objectOf<DepthReport>({
  type: oneOf('depth'),
  name: text,
  results: listOf(objectOf<DepthResult>({
    run: text, depth: count, norm: oneOf('none', 'batch', 'layer'), layers: listOf(count), parameters: count,
    trainAccuracy: numberOrNaN, valAccuracy: numberOrNaN, seconds: numberOrNaN,
  })),
  best: text,
  test: testResultShape,
}), 'results, one of them the best,', ({ results, best }) => results.some(({ run }) => run === best));

/** Reads the depth.json of an experiment. Throws ERR_IO, ERR_DATA for other contents. */
export function readDepthReport(folder: string): DepthReport {
  return readJson(join(folder, 'depth.json'), reportShape, { limit: sizeLimits.small, code: 'ERR_DATA' });
}

/** Writes runs/NAME/depth.json and returns its path. Throws ERR_IO. */
export function writeDepthReport(runs: string, report: DepthReport): string {
  const file = join(runs, report.name, 'depth.json');
  replaceFile(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}
