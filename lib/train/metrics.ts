import { checkList, checkOptions } from '../arguments';
import { expected } from '../errors';

/** Scores of a classifier for one class. */
export interface ClassScores {
  readonly className: string;
  /** Share of the rows predicted as this class that belong to it; 0 where there are none. */
  readonly precision: number;
  /** Share of the rows of this class that are predicted as it; 0 where there are none. */
  readonly recall: number;
  /** Harmonic mean of precision and recall; 0 where both are 0. */
  readonly f1: number;
  /** Number of rows of this class. */
  readonly support: number;
}

/** The rows whose highest probability is in (from, to]: see {@link Calibration}. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Mean highest probability of these rows, and their accuracy; 0 without rows. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** How well confidence matches accuracy: Guo et al. 2017, "On Calibration of Modern Neural Networks", equations 1 to 3. */
export interface Calibration {
  /** Expected calibration error: Σ over bins of rows/total · |accuracy − confidence|. */
  readonly error: number;
  /** Bins of equal width over [0, 1]: the reliability table. */
  readonly bins: readonly CalibrationBin[];
}

/** Scores of a classifier's predictions on labelled rows. */
export interface ClassificationReport {
  readonly rows: number;
  /** Share of rows whose most probable class is the label; of equally probable classes the first is taken. */
  readonly accuracy: number;
  /** Share of rows whose label is among the k most probable classes. */
  readonly topK: { readonly k: number; readonly accuracy: number };
  readonly classes: readonly ClassScores[];
  /** Unweighted means over the classes. */
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
  /** confusion[label][prediction], numbers of rows. */
  readonly confusion: readonly (readonly number[])[];
  readonly calibration: Calibration;
}

/** More bins than rows can fill usefully; bounds the memory. */
const maxBins = 1_000_000;

/** Options of {@link classificationReport}, all optional. */
export interface ReportOptions {
  /** Default 5, or the number of classes where that is less. */
  readonly k?: number;
  /** Default 15, as in the paper. */
  readonly bins?: number;
}

/**
 * Scores class probabilities [rows, classes] against labels [rows]. Without rows, all shares are NaN. Throws ERR_SHAPE where lengths do
 * not fit or an option is out of range, ERR_KERNEL_INDEX for a label out of range, ERR_DATA for a value that is no probability, such as
 * NaN, with which no class would be the most probable.
 */
export function classificationReport(
  probabilities: ArrayLike<number>, labels: ArrayLike<number>, classNames: readonly string[], options: ReportOptions = {},
): ClassificationReport {
  checkList(probabilities, 'probabilities', 'numbers', true);
  checkList(labels, 'labels', 'class numbers', true);
  checkList(classNames, 'classNames', 'the names of the classes');
  checkOptions(options);
  const classes = classNames.length;
  const rows = labels.length;
  const { k = Math.min(5, classes), bins = 15 } = options;
  if (classes === 0) throw expected('ERR_SHAPE', 'at least one class', 'classNames', classNames);
  if (probabilities.length !== rows * classes) {
    throw expected('ERR_SHAPE', `${String(rows * classes)} numbers, one for each row and class,`, 'probabilities', probabilities.length);
  }
  if (!(Number.isInteger(k) && k >= 1 && k <= classes)) throw expected('ERR_SHAPE', `an integer in [1, ${String(classes)}]`, 'k', k);
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= maxBins)) throw expected('ERR_SHAPE', `an integer in [1, ${String(maxBins)}]`, 'bins', bins);

  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const calibration = new Reliability(bins);
  let correct = 0;
  let amongK = 0;
  for (let row = 0, at = 0; row < rows; row++, at += classes) {
    const label = labels[row]!;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw expected('ERR_KERNEL_INDEX', `a label in [0, ${String(classes)})`, `row ${String(row)}`, label);
    }
    let predicted = 0;
    let before = 0;
    for (let j = 0; j < classes; j++) checkProbability(probabilities[at + j], row, j);
    for (let j = 0; j < classes; j++) {
      const p = probabilities[at + j]!;
      if (p > probabilities[at + predicted]!) predicted = j;
      if (p > probabilities[at + label]! || (j < label && p === probabilities[at + label]!)) before++;
    }
    confusion[label]![predicted]!++;
    if (before < k) amongK++;
    if (predicted === label) correct++;
    calibration.add(probabilities[at + predicted]!, predicted === label);
  }

  const scores = classNames.map((className, j) => classScores(className, j, confusion));
  const mean = (score: 'precision' | 'recall' | 'f1'): number => scores.reduce((sum, one) => sum + one[score], 0) / classes;
  return {
    rows,
    accuracy: correct / rows,
    topK: { k, accuracy: amongK / rows },
    classes: scores,
    macro: { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') },
    confusion,
    calibration: calibration.table(),
  };
}

/** How far rounding may move a probability out of [0, 1]. */
const rounding = 1e-3;

function checkProbability(value: unknown, row: number, column: number): void {
  if (typeof value === 'number' && value >= -rounding && value <= 1 + rounding) return;
  throw expected('ERR_DATA', 'a probability in [0, 1]', `row ${String(row)}, class ${String(column)} of probabilities`, value, { row, column });
}

function classScores(className: string, j: number, confusion: readonly (readonly number[])[]): ClassScores {
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const hits = confusion[j]![j]!;
  const support = confusion[j]!.reduce((sum, n) => sum + n, 0);
  const predicted = confusion.reduce((sum, row) => sum + row[j]!, 0);
  return {
    className,
    precision: share(hits, predicted),
    recall: share(hits, support),
    f1: share(2 * hits, predicted + support),
    support,
  };
}

/** Sums of a reliability table; bin b of B holds confidences in (b/B, (b+1)/B], the first also 0. */
class Reliability {
  private readonly rows: Float64Array;
  private readonly confidence: Float64Array;
  private readonly correct: Float64Array;

  constructor(private readonly bins: number) {
    this.rows = new Float64Array(bins);
    this.confidence = new Float64Array(bins);
    this.correct = new Float64Array(bins);
  }

  add(confidence: number, correct: boolean): void {
    // Rounding can make a confidence exceed 1.
    const bin = Math.min(this.bins - 1, Math.max(0, Math.ceil(confidence * this.bins) - 1));
    this.rows[bin]!++;
    this.confidence[bin]! += confidence;
    if (correct) this.correct[bin]!++;
  }

  table(): Calibration {
    const total = this.rows.reduce((sum, n) => sum + n, 0);
    let gaps = 0;
    const bins = Array.from(this.rows, (rows, b): CalibrationBin => {
      const confidence = rows === 0 ? 0 : this.confidence[b]! / rows;
      const accuracy = rows === 0 ? 0 : this.correct[b]! / rows;
      gaps += rows * Math.abs(accuracy - confidence);
      return { from: b / this.bins, to: (b + 1) / this.bins, rows, confidence, accuracy };
    });
    return { error: gaps / total, bins };
  }
}
