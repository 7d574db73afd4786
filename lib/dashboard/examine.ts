import { expected } from '../errors';
import { labelTable, targetPairs } from '../inference/targetPairs';
import { scoreFacts } from '../train/scores';
import { otherData } from '../data/otherData';
import type { Dataset, StoredDataset } from '../data/dataset';
import { loadData } from '../data/sources';
import { Model } from '../inference/model';
import { dataRequest } from '../spec/spec';
import type { ClassExamination, Examination, ShownRow, ShownScore } from './api';

/** How many mistakes are listed, how many examples each cell of the confusion matrix has, and how many rows are sent in all. */
const worstRows = 30;
const examplesPerCell = 4;
const maxShown = 800;
/** Predictions of a target that are sent. */
const maxPairs = 1000;
/** Number of probabilities that are sent for a row. */
const maxProbable = 5;

/**
 * Evaluates the model in a run's folder on the validation rows. Throws ERR_DATA when there are none, or the data is not the data
 * that the run was trained on, ERR_CHECKPOINT, ERR_IO.
 */
export function examineRun(folder: string, name: string): Examination {
  const model = Model.load(folder);
  const { origin, validation } = loadData(dataRequest(model.spec));
  if (origin.digest !== model.dataDigest) throw otherData(`run ${name} was trained on`, model.dataDigest, origin);
  if (validation.size === 0) throw expected('ERR_DATA', 'at least one row', `the validation split of ${origin.name}`, 0, { path: 'split' });
  if (validation.targets === undefined) return examineClasses(model, name, validation);
  const { rmse, loss, accuracy, scores } = model.evaluateRegression(validation);
  const facts = { run: name, step: model.step, rows: validation.size, loss };
  const shown: ShownScore[] = [
    ...(rmse === undefined ? [] : [{ title: 'root mean squared error', value: rmse, isShare: false }]),
    ...(accuracy === undefined ? [] : [{ title: 'rows with all labels right', value: accuracy, isShare: true }]),
    ...Object.entries(scores).map(([key, value]) => ({ title: scoreFacts(key)?.title ?? key, value, isShare: scoreFacts(key)?.isShare === true })),
  ];
  const labels = labelTable(model, validation);
  return labels.length > 0 ? { of: 'labels', ...facts, scores: shown, labels } : { of: 'numbers', ...facts, scores: shown, targets: targetPairs(model, validation, maxPairs) };
}

function examineClasses(model: Model, name: string, validation: Dataset | StoredDataset): ClassExamination {
  const { classNames, imageShape, step } = model;
  const { accuracy, loss, confusion, classes, calibration } = model.evaluateInDetail(validation);
  const rows = rowsOf(validation, model.outputs(validation));
  const { shown, examples, worst } = choose(rows, validation);
  return {
    of: 'classes', run: name, step, rows: validation.size, accuracy, loss, classNames, imageShape: imageShape ?? null, confusion, classes,
    calibrationError: calibration.error, calibration: calibration.bins, shown, examples, worst,
  };
}

interface Row {
  readonly row: number;
  readonly label: number;
  readonly prediction: number;
  readonly probabilities: ArrayLike<number>;
}

function rowsOf({ labels, size, classNames }: Dataset | StoredDataset, all: Float32Array | Float64Array): Row[] {
  const classes = classNames.length;
  return Array.from({ length: size }, (_, row) => {
    const probabilities = all.subarray(row * classes, (row + 1) * classes);
    return { row, label: labels[row]!, prediction: probabilities.indexOf(Math.max(...probabilities)), probabilities };
  });
}

function choose(rows: readonly Row[], data: Dataset | StoredDataset): Pick<ClassExamination, 'shown' | 'examples' | 'worst'> {
  const places = new Map<Row, number>();
  const place = (row: Row): number => {
    const at = places.get(row) ?? places.size;
    places.set(row, at);
    return at;
  };
  const ofLabel = ({ probabilities, label }: Row): number => probabilities[label]!;
  const wrong = rows.filter(({ label, prediction }) => label !== prediction);
  const worst = wrong.sort((a, b) => ofLabel(a) - ofLabel(b)).slice(0, worstRows).map(place);

  const cells = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${String(row.label)}-${String(row.prediction)}`;
    cells.set(key, [...(cells.get(key) ?? []), row]);
  }
  const examples: Record<string, number[]> = {};
  for (const [key, cell] of [...cells].sort(([, a], [, b]) => b.length - a.length)) {
    if (places.size >= maxShown) break;
    const confidence = ({ probabilities, prediction }: Row): number => probabilities[prediction]!;
    examples[key] = cell.sort((a, b) => confidence(b) - confidence(a)).slice(0, examplesPerCell).map(place);
  }
  return { shown: [...places.keys()].map((row) => shownRow(row, data)), examples, worst };
}

function shownRow({ row, label, prediction, probabilities }: Row, data: Dataset | StoredDataset): ShownRow {
  const falling = Array.from(probabilities, (probability, of) => ({ label: of, probability })).sort((a, b) => b.probability - a.probability);
  const pixels = pixelsOf(row, data);
  return {
    row, label, prediction,
    probabilities: falling.filter((one, rank) => rank < maxProbable || one.label === label),
    ...(pixels && { pixels: Buffer.from(pixels).toString('base64') }),
  };
}

function pixelsOf(row: number, data: Dataset | StoredDataset): Uint8Array | undefined {
  if (data.imageShape === undefined) return undefined;
  const { featureSize } = data;
  const into = 'stored' in data ? data.stored.allocate(1) : data.features.subarray(row * featureSize, (row + 1) * featureSize);
  if (into.BYTES_PER_ELEMENT !== 1) return undefined;
  if ('stored' in data) data.stored.read(row, 1, into);
  return into as Uint8Array;
}
