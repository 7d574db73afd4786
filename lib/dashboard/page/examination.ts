import { formatCount } from '../../numbers';
import type { ClassExamination, Examination, LabelExamination, NumberExamination, ShownRow, ShownScore } from '../api';
import { getJson } from './client';
import { isAnswered } from './exported';
import { fill, h, number, percent, scroller } from './dom';
import { picture } from './plots/picture';
import { scatter } from './plots/scatter';

const headings: Readonly<Record<Examination['of'], string>> = { classes: 'Confusions and mistakes', labels: 'Decisions by label', numbers: 'Predictions and errors' };

/** Of classes confusion, worst mistakes and scores by class, of numbers predictions beside targets, of labels scores by label: made on request, because it takes some seconds. */
export class ExaminationPanel {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly note = h('span', { class: 'note', role: 'status' });
  private readonly body = h('div', {});
  private readonly heading = h('h2', {}, headings.classes);
  private examination: Examination | undefined;
  private of: Examination['of'] = 'classes';

  constructor(private readonly run: string) {
    this.button = h('button', { type: 'button', class: 'examine', onclick: () => void this.examine() }, 'Examine the model');
    this.element = h(
      'section', { class: 'panel', hidden: !isAnswered('api/examine', { run }) }, this.heading,
      h('p', { class: 'note' }, 'On the validation rows; test rows are never looked at here.'), h('div', { class: 'row' }, this.button, this.note), this.body,
    );
  }

  /** Tells when the results shown are of an earlier model. */
  update(step: number, of: Examination['of']): void {
    this.of = of;
    this.heading.textContent = headings[of];
    if (this.examination === undefined || this.button.disabled) return;
    const { step: at } = this.examination;
    this.note.textContent = `The model of step ${formatCount(at)}${step > at ? `; the run is at step ${formatCount(step)}.` : '.'}`;
  }

  private async examine(): Promise<void> {
    this.button.disabled = true;
    this.note.textContent = 'Looking at every validation row …';
    try {
      this.examination = await getJson<Examination>('api/examine', { run: this.run });
      fill(this.body, ...render(this.examination));
      this.button.textContent = 'Examine again';
      this.button.disabled = false;
      this.update(this.examination.step, this.of);
    } catch (error) {
      this.button.disabled = false;
      this.note.textContent = (error as Error).message;
    }
  }
}

function render(examination: Examination): HTMLElement[] {
  if (examination.of === 'numbers') return renderNumbers(examination);
  return examination.of === 'labels' ? renderLabels(examination) : renderClasses(examination);
}

function renderNumbers({ rows, loss, scores, targets }: NumberExamination): HTMLElement[] {
  return [
    scoreList(rows, loss, scores),
    ...targets.flatMap(({ name, pairs, rmse, r2 }) => {
      const title = (row: number, actual: number, predicted: number): string => `row ${formatCount(row)}: ${number(actual)}, predicted ${number(predicted)}`;
      const [low, high] = [Math.min(...pairs.map(([, actual]) => actual)), Math.max(...pairs.map(([, actual]) => actual))];
      const predictions = pairs.map(([, , predicted]) => predicted);
      return [
        h('h3', {}, `${name}: RMSE ${number(rmse)}, R² ${number(r2)}`),
        pairs.length < rows && h('p', { class: 'note' }, `${formatCount(pairs.length)} of ${formatCount(rows)} rows are drawn.`),
        h('div', { class: 'charts' },
          scatter({ points: pairs.map(([row, actual, predicted]) => [actual, predicted, title(row, actual, predicted)]), guide: [[low, low], [high, high]], xLabel: 'actual', yLabel: 'predicted' }),
          scatter({
            points: pairs.map(([row, actual, predicted]) => [predicted, actual - predicted, title(row, actual, predicted)]),
            guide: [[Math.min(...predictions), 0], [Math.max(...predictions), 0]], xLabel: 'predicted', yLabel: 'residual: actual − predicted',
          })),
        h('h3', {}, `Largest errors of ${name}`),
        valueTable(['row', 'actual', 'predicted', 'residual'], [...pairs].sort((a, b) => Math.abs(b[1] - b[2]) - Math.abs(a[1] - a[2])).slice(0, largestErrors)
          .map(([row, actual, predicted]) => [formatCount(row), number(actual), number(predicted), number(actual - predicted)])),
      ].filter((part): part is HTMLElement => part !== false);
    }),
  ];
}

const largestErrors = 10;

function renderLabels({ rows, loss, scores, labels }: LabelExamination): HTMLElement[] {
  return [
    scoreList(rows, loss, scores),
    valueTable(['label', 'rows', 'given', 'precision', 'recall'], labels.map(({ name, support, given, precision, recall }) => [name, formatCount(support), formatCount(given), percent(precision), percent(recall)])),
  ];
}

function scoreList(rows: number, loss: number, scores: readonly ShownScore[]): HTMLElement {
  const shown = [...scores.map(({ title, value, isShare }) => [title, isShare ? percent(value) : number(value)] as const), ['loss', number(loss)] as const];
  return h('dl', { class: 'facts' }, ...shown.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))), h('div', {}, h('dt', {}, 'rows'), h('dd', {}, formatCount(rows))));
}

function valueTable(heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  return scroller('Scores', h(
    'table', {}, h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text)))),
    h('tbody', {}, ...rows.map(([first, ...rest]) => h('tr', {}, h('th', { scope: 'row' }, first), ...rest.map((cell) => h('td', {}, cell))))),
  ));
}

function renderClasses(examination: ClassExamination): HTMLElement[] {
  const { accuracy, loss, rows, calibrationError, shown, worst } = examination;
  const error = Math.sqrt((accuracy * (1 - accuracy)) / rows);
  const examples = h('div', { class: 'examples', 'aria-live': 'polite' });
  return [
    h('p', {}, `Accuracy ${percent(accuracy)} ± ${(100 * error).toFixed(1)} (binomial standard error) of ${formatCount(rows)} rows, `
      + `loss ${number(loss)}, calibration error ${percent(calibrationError)}.`),
    h('h3', {}, 'Confusion matrix'), h('p', { class: 'note' }, 'Choose a cell to see rows of it.'), matrix(examination, examples), examples,
    h('h3', {}, 'Worst mistakes'), h('div', { class: 'cards' }, ...worst.map((at) => card(shown[at]!, examination))),
  ];
}

function matrix(examination: ClassExamination, examples: HTMLElement): HTMLElement {
  const { confusion, classNames, classes } = examination;
  const cell = (count: number, label: number, prediction: number, rows: number): HTMLElement => {
    const share = rows === 0 ? 0 : count / rows;
    const button = h('button', {
      type: 'button', disabled: count === 0, class: label === prediction ? 'right' : 'wrong',
      'aria-label': `${classNames[label]!} taken for ${classNames[prediction]!}: ${String(count)}`,
      onclick: () => {
        fill(examples, ...showCell(examination, label, prediction));
      },
    }, count === 0 ? '·' : count);
    button.style.setProperty('--share', share.toFixed(3));
    return h('td', {}, button);
  };
  return scroller(
    'Confusion matrix',
    h(
      'table', { class: 'confusion' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'is ↓  taken for →'), ...classNames.map((name) => h('th', { scope: 'col' }, h('span', {}, name))), h('th', { scope: 'col' }, 'recall'), h('th', { scope: 'col' }, 'precision'))),
      h('tbody', {}, ...confusion.map((row, label) => h(
        'tr', {}, h('th', { scope: 'row' }, classNames[label]), ...row.map((count, prediction) => cell(count, label, prediction, classes[label]!.support)),
        h('td', {}, percent(classes[label]!.recall, 0)), h('td', {}, percent(classes[label]!.precision, 0)),
      ))),
    ),
  );
}

function showCell(examination: ClassExamination, label: number, prediction: number): HTMLElement[] {
  const { examples, shown, classNames, confusion } = examination;
  const places = examples[`${String(label)}-${String(prediction)}`] ?? [];
  const what = label === prediction ? `${classNames[label]!}, rightly classified` : `${classNames[label]!} taken for ${classNames[prediction]!}`;
  return [
    h('h4', {}, `${what}: ${String(places.length)} of ${String(confusion[label]![prediction])}, the most confident`),
    h('div', { class: 'cards' }, ...places.map((at) => card(shown[at]!, examination))),
  ];
}

function card({ row, label, prediction, probabilities, pixels }: ShownRow, { classNames, imageShape }: ClassExamination): HTMLElement {
  const title = `${classNames[label]!} → ${classNames[prediction]!}`;
  return h(
    'figure', { class: 'card' },
    pixels === undefined || imageShape === null ? null : picture(pixels, imageShape, `Validation row ${String(row)}, ${classNames[label]!}`),
    h('figcaption', {}, h('b', {}, title), h('span', { class: 'note' }, `row ${String(row)}`)),
    h('ul', { class: 'bars' }, ...probabilities.map(({ label: of, probability }) => {
      const bar = h('li', { class: of === label ? 'label' : undefined }, h('span', {}, classNames[of]), h('span', {}, percent(probability)));
      bar.style.setProperty('--share', probability.toFixed(4));
      return bar;
    })),
  );
}
