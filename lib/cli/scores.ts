import type { ScoredRows } from '../inference/evaluateRun';
import { isClassified } from '../report/isClassified';
import type { ClassificationReport } from '../train/metrics';
import { scoreFacts } from '../train/scores';
import { formatKnown, formatPercent } from './terminal/format';
import { truncate, wrap } from './terminal/style';
import type { Terminal } from './terminal/style';
import { renderTable } from './terminal/table';

/** Names longer than this are cut on a terminal, so that a line keeps within 80 columns. */
const longestName = 18;

/**
 * The scores of an evaluation for people: a table by class where there are classes, then the totals.
 * @param which what the rows are called, such as 'test rows'.
 */
export function renderScores(evaluation: ScoredRows, which: string, terminal: Terminal): string {
  const { rows, loss, rmse, scores, tta } = evaluation;
  const on = `on ${String(rows)} ${which}${tta === undefined ? '' : `, with test-time augmentation ${tta}`}`;
  if (!isClassified(evaluation)) return `loss ${loss.toFixed(4)}, root mean squared error ${rmse?.toFixed(4) ?? '–'} ${on}\n${scoreLines(scores, terminal)}`;
  const { accuracy, topK, macro, calibration, classes, confusion, temperature, uncalibrated } = evaluation;
  const name = (className: string): string => truncate(className, terminal.isTTY ? longestName : Infinity, terminal.unicode);
  const percent = (share: number): string => formatPercent(share);
  const table = renderTable(
    [
      { header: 'class', align: 'left' }, { header: 'precision' }, { header: 'recall' }, { header: 'F1' }, { header: 'rows' },
      { header: 'taken for', align: 'left' },
    ],
    [
      ...classes.map(({ className, precision, recall, f1, support }, j) =>
        [name(className), percent(precision), percent(recall), percent(f1), support, confusedWith(confusion[j]!, j, classes, name)]),
      ['mean', percent(macro.precision), percent(macro.recall), percent(macro.f1), rows, ''],
    ],
    terminal,
  );
  return (
    `${table}\naccuracy ${percent(accuracy)}, among the first ${String(topK.k)} ${percent(topK.accuracy)}, ` +
    `loss ${loss.toFixed(4)} ${on}\n${scoreLines(scores, terminal)}${confidence(calibration)}\n` +
    (temperature === undefined || uncalibrated === undefined ? ''
      : `${wrap(`probabilities are calibrated by the temperature ${formatKnown(temperature)}; without it log loss ${formatKnown(uncalibrated.logLoss)}, ` +
        `Brier score ${formatKnown(uncalibrated.brier)}, calibration error ${percent(uncalibrated.calibrationError)}`, Math.min(80, terminal.columns))}\n`)
  );
}

function scoreLines(scores: ScoredRows['scores'], terminal: Terminal): string {
  if (scores === undefined) return '';
  const texts = Object.entries(scores).map(([key, value]) => {
    const { title = key, isShare } = scoreFacts(key) ?? {};
    return `${title} ${isShare === true ? formatPercent(value) : formatKnown(value)}`;
  });
  return `${wrap(texts.join(', '), Math.min(80, terminal.columns))}\n`;
}

/** The class that rows of class j are most often taken for, and how often. */
function confusedWith(
  counts: readonly number[], j: number, classes: ClassificationReport['classes'], name: (className: string) => string,
): string {
  let worst = -1;
  counts.forEach((count, other) => {
    if (other !== j && count > 0 && (worst < 0 || count > counts[worst]!)) worst = other;
  });
  return worst < 0 ? '' : `${name(classes[worst]!.className)} ${formatPercent(counts[worst]! / classes[j]!.support, 0)}`;
}

/** A model is called too sure, or not sure enough, beyond so many standard deviations and on so many rows or more. */
const sureDeviations = 2;
const minRows = 30;

/** The expected calibration error in words. */
function confidence({ error, bins }: ClassificationReport['calibration']): string {
  const surplus = bins.reduce((sum, { rows, confidence: mean, accuracy }) => sum + rows * (mean - accuracy), 0);
  // Of the number of right rows, if each is right with the probability that the model gives it.
  const deviation = Math.sqrt(bins.reduce((sum, { rows, confidence: mean }) => sum + rows * Math.max(0, mean * (1 - mean)), 0));
  const all = bins.reduce((sum, { rows }) => sum + rows, 0);
  const verdict = all < minRows || Math.abs(surplus) <= sureDeviations * deviation ? 'what chance gives on so many rows'
    : `on the whole ${surplus > 0 ? 'too sure' : 'not sure enough'} of itself`;
  return `calibration error ${formatPercent(error)}: ${verdict}`;
}
