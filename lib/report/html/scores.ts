import type { RunEvaluation } from '../../inference/evaluateRun';
import type { ClassificationReport } from '../../train/metrics';
import { lineChart } from '../charts';
import { isClassified } from '../isClassified';
import { html, raw } from './markup';
import type { Html } from './markup';
import { count, percent, percentOf, significant } from './numbers';
import { drawing, figure, halfSize, pair, table } from './page';

/** A confusion matrix of more classes does not fit on paper; the most frequent confusions are listed instead. */
const maxClasses = 20;
/** Of so many classes both tables have room beside each other on paper. */
const maxPaired = 10;

/** Scores by class, confusion and calibration of an evaluation; empty for a regression. */
export function renderScores(evaluation: RunEvaluation): Html {
  if (!isClassified(evaluation)) return html``;
  const { classes, confusion, calibration, split, rows } = evaluation;
  const on = `on ${count(rows)} ${split} rows`;
  const tables = [classTable(evaluation, on), classes.length <= maxClasses ? confusionMatrix(evaluation, on) : confusionList(classes, confusion, on)];
  return html`${classes.length <= maxPaired ? pair(tables, { onPaper: true }) : tables}
${calibrationParts(calibration, on)}${temperatureNote(evaluation)}`;
}

function temperatureNote({ temperature, uncalibrated }: RunEvaluation): Html {
  if (temperature === undefined || uncalibrated === undefined) return html``;
  return html`<p>Probabilities are calibrated by the temperature ${significant(temperature, 3)}, fitted to validation rows: softmax(z/T). Without it the log loss is
${significant(uncalibrated.logLoss, 4)} and the expected calibration error ${percent(uncalibrated.calibrationError)}.</p>`;
}

function classTable({ classes, macro, confusion, rows }: ClassificationReport, on: string): Html {
  const given = (j: number): number => confusion.reduce((sum, row) => sum + row[j]!, 0);
  return table(
    `Scores by class ${on}. Precision: the share of the rows taken for the class that are of it; recall: the share of the class's rows ` +
      'that are taken for it; F1: their harmonic mean.',
    ['class', 'precision', 'recall', 'F1', 'rows'],
    [
      ...classes.map(({ className, precision, recall, f1, support }, j) =>
        [className, percentOf(precision, given(j)), percentOf(recall, support), percent(f1), count(support)]),
      ['mean of the classes', percent(macro.precision), percent(macro.recall), percent(macro.f1), count(rows)],
    ],
  );
}

function confusionMatrix({ classes, confusion }: ClassificationReport, on: string): Html {
  const cell = (n: number, i: number, j: number): Html => {
    const share = classes[i]!.support === 0 ? 0 : n / classes[i]!.support;
    // Blue for right, orange for wrong; white letters on dark cells.
    const [red, green, blue] = i === j ? [0, 114, 178] : [213, 94, 0];
    const colours = `background:rgba(${String(red)},${String(green)},${String(blue)},${share.toFixed(3)});color:${share > 0.55 ? '#fff' : '#222'}`;
    return html`<td class="cell${i === j ? ' right' : ''}" style="${colours}" title="${classes[i]!.className} taken for ${classes[j]!.className}: ${percent(share)}">${n}</td>`;
  };
  return html`<div class="wide" tabindex="0"><table class="confusion"><caption>Confusion matrix ${on}: of each row's class, how many rows are taken for each column's. The darker, the larger the share of the class; framed is what is right.</caption>
<thead><tr><td></td>${classes.map(({ className }) => html`<th scope="col">${className}</th>`)}</tr></thead>
<tbody>${confusion.map((counts, i) => html`<tr><th scope="row">${classes[i]!.className}</th>${counts.map((n, j) => cell(n, i, j))}</tr>`)}</tbody></table></div>
`;
}

function confusionList(classes: ClassificationReport['classes'], confusion: ClassificationReport['confusion'], on: string): Html {
  const pairs = confusion.flatMap((counts, i) => counts.map((n, j) => ({ i, j, n }))).filter(({ i, j, n }) => i !== j && n > 0);
  const worst = pairs.sort((a, b) => b.n - a.n).slice(0, maxClasses);
  return table(`The most frequent confusions ${on}.`, ['class', 'taken for', 'rows', 'share of the class'], worst.map(({ i, j, n }) =>
    [classes[i]!.className, classes[j]!.className, count(n), percentOf(n / classes[i]!.support, classes[i]!.support)]));
}

function calibrationParts({ error, bins }: ClassificationReport['calibration'], on: string): Html {
  const filled = bins.filter(({ rows }) => rows > 0);
  const chart = lineChart({
    title: 'Calibration',
    subtitle: on,
    xLabel: 'confidence: mean probability of the class that is chosen',
    yLabel: 'accuracy: share classified rightly',
    yFormat: 'percent',
    ...halfSize,
    series: [
      { name: 'model', points: filled.map(({ confidence, accuracy }) => [confidence, accuracy]) },
      { name: 'a model that knows how sure it may be', points: [[0, 0], [1, 1]], style: 'dashed', colour: 6 },
    ],
  });
  return pair([figure(drawing(chart), html`Calibration ${on}: where the curve lies below the dashed line, the model is surer of itself than it may be. Expected calibration error (Guo et al. 2017): ${percent(error)}.`), table(`The same in numbers, for bins of confidence ${on}.`, ['confidence in', 'rows', 'mean confidence', 'accuracy'], filled.map((bin) =>
    [raw(`(${significant(bin.from, 2)}, ${significant(bin.to, 2)}]`), count(bin.rows), percent(bin.confidence), percentOf(bin.accuracy, bin.rows)]))]);
}
