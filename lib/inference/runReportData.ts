import { join } from 'node:path';
import type { Dataset, DataSplits, ImageShape, SplitName, SplitSizes, StoredDataset } from '../data/dataset';
import { loadData } from '../data/sources';
import { toPlain } from '../errors';
import { readFile, sizeLimits } from '../files';
import type { FloatArray } from '../kernels/contract';
import type { ModelSummary } from '../model/summary';
import { Model } from './model';
import { evaluateInFull, isCrossValidated, readEvaluations } from './evaluateRun';
import { labelTable, targetPairs } from './targetPairs';
import type { LabelScores, TargetPairs } from './targetPairs';
import type { RunEvaluation } from './evaluateRun';
import { modelFile, runsOf } from '../runFolder/runFolder';
import { readRunSpec } from '../runFolder/runRecord';
import type { RunRecord } from '../runFolder/runRecord';
import { dataRequest, parseSpec } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { scoreFacts } from '../train/scores';
import type { ScoreFacts } from '../train/scores';
import { ledgerFile, readLedger } from './ledger';
import type { TestResult } from './ledger';

/** Data of a run's report: the contents of its folder, and its model's evaluation on the validation rows. */
export interface RunReportData {
  readonly spec: TrainSpec;
  readonly record: RunRecord;
  readonly summary: ModelSummary;
  /** Of the run's final model, by split; a split that was never evaluated is absent. The test split is not evaluated for the report. */
  readonly evaluations: Partial<Record<SplitName, RunEvaluation>>;
  /** The scores of the validation rows, else of the test rows, with what people call them; R² stands beside the error. */
  readonly furtherScores: readonly (ScoreFacts & { readonly value: number })[];
  readonly data: RunData | MissingData;
  /** For a model of images: the weights of its first layer before the first step and after the last. */
  readonly pictures?: { readonly imageShape: ImageShape; readonly before: LayerWeights; readonly after: LayerWeights };
  /** Every recorded evaluation on the test split of the run's data, of any run. */
  readonly testEvaluations: readonly TestResult[];
  /** A sentence for each line of the ledger that is left out. */
  readonly ledgerLeftOut: readonly string[];
}

/** Weights [units, features]. */
export interface LayerWeights {
  readonly weights: FloatArray;
  readonly units: number;
}

/** Facts about the run's rows, where the data is available on this machine. */
export interface RunData {
  readonly sizes: SplitSizes;
  /** The first training images of each class; empty where rows are not images in memory. */
  readonly examples: readonly { readonly className: string; readonly images: readonly Uint8Array[] }[];
  /** The wrongly classified validation images with the highest predicted probability, the highest first; empty likewise. */
  readonly mistakes: readonly Mistake[];
  /** Of a regression each target of the validation rows beside its prediction; of several labels how each is decided; else empty. */
  readonly targets: readonly TargetPairs[];
  readonly labels: readonly LabelScores[];
}

/** A wrongly classified image. */
export interface Mistake {
  /** One plane for each channel, as in the data set. */
  readonly image: Uint8Array;
  readonly className: string;
  readonly takenFor: string;
  /** Predicted probabilities of the true class and of the predicted one. */
  readonly probability: number;
  readonly wrongProbability: number;
}

/** Why the run's data is not available on this machine, in a sentence. */
export interface MissingData {
  readonly reason: string;
}

const examplesPerClass = 10;
const mistakesShown = 20;
/** Predictions that are drawn of a target. */
const drawnPairs = 1000;

/**
 * Collects the data of a run's report: reads its folder and evaluates its model on the validation rows where the data is available.
 * Writes nothing and evaluates no test row. Throws ERR_IO, ERR_CONFIG, ERR_CHECKPOINT for a damaged folder.
 */
export function runReportData(folder: string): RunReportData {
  const file = modelFile(folder);
  const bytes = readFile(file, { limit: sizeLimits.checkpoint });
  const trained = Model.load(bytes, { name: file });
  const { record, spec: given } = readRunSpec(folder);
  const spec = parseSpec(given);
  const { imageShape } = trained;
  const [before, after] = [Model.load(bytes, { name: file, untrained: true }).firstLayer(), trained.firstLayer()];
  const ledger = readLedger(join(runsOf(folder), ledgerFile));
  const data = findData(spec, record);
  const evaluations: RunReportData['evaluations'] = { ...readEvaluations(folder), ...('reason' in data ? {} : { validation: evaluateOn(data, trained, record) }) };
  return {
    spec,
    record,
    summary: trained.summary(),
    evaluations,
    furtherScores: Object.entries((evaluations.validation ?? evaluations.test)?.scores ?? {}).flatMap(([key, value]) => {
      const facts = scoreFacts(key);
      return facts === undefined || key === 'r2' ? [] : [{ ...facts, value }];
    }),
    data: 'reason' in data ? data : describeData(data, trained),
    ...(imageShape && before && after && { pictures: { imageShape, before, after } }),
    testEvaluations: ledger.testEvaluations.filter(({ dataDigest }) => dataDigest === record.dataDigest),
    ledgerLeftOut: ledger.leftOut,
  };
}

type Splits = DataSplits<Dataset | StoredDataset>;

function findData(spec: TrainSpec, record: RunRecord): Splits | MissingData {
  const { data: origin, dataDigest } = record;
  if (isCrossValidated(record)) return { reason: `the run was trained in a cross-validation, on ${origin}` };
  try {
    const data = loadData(dataRequest(spec));
    if (data.origin.digest === dataDigest) return data;
    return { reason: `the data found here is other data: ${data.origin.description}, digest ${data.origin.digest.slice(0, 12)}` };
  } catch (error) {
    const { code, message } = toPlain(error);
    if (code !== 'ERR_DATA' && code !== 'ERR_IO') throw error;
    return { reason: message };
  }
}

function evaluateOn({ validation }: Splits, model: Model, { name, dataDigest }: RunRecord): RunEvaluation {
  return {
    run: name,
    split: 'validation',
    when: new Date().toISOString(),
    rows: validation.size,
    dataDigest,
    ...evaluateInFull(model, validation),
  };
}

function describeData({ train, validation, test }: Splits, model: Model): RunData {
  const examples = imagesOf(train);
  const checked = imagesOf(validation);
  return {
    sizes: { train: train.size, validation: validation.size, test: test.size },
    examples: examples === undefined ? [] : train.classNames.map((className, label) => ({
      className, images: rowsOf(train.labels, label).slice(0, examplesPerClass).map(examples),
    })),
    mistakes: checked === undefined ? [] : worstMistakes(validation as Dataset, model, checked),
    targets: targetPairs(model, validation, drawnPairs),
    labels: labelTable(model, validation),
  };
}

/** Returns the image of a row; undefined where rows are not images of bytes in memory. */
function imagesOf(data: Dataset | StoredDataset): ((row: number) => Uint8Array) | undefined {
  if (!('features' in data) || data.imageShape === undefined || data.features.BYTES_PER_ELEMENT !== 1) return undefined;
  const { features, featureSize } = data;
  return (row) => (features as Uint8Array).subarray(row * featureSize, (row + 1) * featureSize);
}

function rowsOf(labels: Int32Array, label: number): number[] {
  const rows: number[] = [];
  labels.forEach((own, row) => {
    if (own === label) rows.push(row);
  });
  return rows;
}

function worstMistakes(data: Dataset, model: Model, image: (row: number) => Uint8Array): Mistake[] {
  const { classNames, classNames: { length } } = model;
  const [taken, probabilities] = [model.classify(data.features), model.outputs(data.features)];
  return Array.from(taken)
    .flatMap((label, row) => {
      const right = data.labels[row]!;
      if (label === right) return [];
      return [{
        image: image(row), className: data.classNames[right]!, takenFor: classNames[label]!,
        probability: probabilities[row * length + right]!, wrongProbability: probabilities[row * length + label]!,
      }];
    })
    .sort((a, b) => b.wrongProbability - a.wrongProbability)
    .slice(0, mistakesShown);
}
