import type { Examination, ShownRow } from '../api';
import { getJson } from './client';
import { fill, h, number, percent } from './dom';
import { picture } from './plots/picture';

/** Confusion, worst mistakes and scores by class: made on request, because it takes some seconds. */
export class ExaminationPanel {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly note = h('span', { class: 'note', role: 'status' });
  private readonly body = h('div', {});
  private examination: Examination | undefined;

  constructor(private readonly run: string) {
    this.button = h('button', { type: 'button', class: 'examine', onclick: () => void this.examine() }, 'Examine the model');
    this.element = h(
      'section', { class: 'panel' }, h('h2', {}, 'Confusions and mistakes'),
      h('p', { class: 'note' }, 'On the validation rows; test rows are never looked at here.'), h('div', { class: 'row' }, this.button, this.note), this.body,
    );
  }

  /** Tells when the results shown are of an earlier model. */
  update(step: number): void {
    if (this.examination === undefined || this.button.disabled) return;
    const { step: at } = this.examination;
    this.note.textContent = `The model of step ${at.toLocaleString('en')}${step > at ? `; the run is at step ${step.toLocaleString('en')}.` : '.'}`;
  }

  private async examine(): Promise<void> {
    this.button.disabled = true;
    this.note.textContent = 'Looking at every validation row …';
    try {
      this.examination = await getJson<Examination>('api/examine', { run: this.run });
      fill(this.body, ...render(this.examination));
      this.button.textContent = 'Examine again';
      this.button.disabled = false;
      this.update(this.examination.step);
    } catch (error) {
      this.button.disabled = false;
      this.note.textContent = (error as Error).message;
    }
  }
}

function render(examination: Examination): HTMLElement[] {
  const { accuracy, loss, rows, calibrationError, shown, worst } = examination;
  const error = Math.sqrt((accuracy * (1 - accuracy)) / rows);
  const examples = h('div', { class: 'examples', 'aria-live': 'polite' });
  return [
    h('p', {}, `Accuracy ${percent(accuracy)} ± ${(100 * error).toFixed(1)} (binomial standard error) of ${rows.toLocaleString('en')} rows, `
      + `loss ${number(loss)}, calibration error ${percent(calibrationError)}.`),
    h('h3', {}, 'Confusion matrix'), h('p', { class: 'note' }, 'Choose a cell to see rows of it.'), matrix(examination, examples), examples,
    h('h3', {}, 'Worst mistakes'), h('div', { class: 'cards' }, ...worst.map((at) => card(shown[at]!, examination))),
  ];
}

function matrix(examination: Examination, examples: HTMLElement): HTMLElement {
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
  return h(
    'div', { class: 'scroll' },
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

function showCell(examination: Examination, label: number, prediction: number): HTMLElement[] {
  const { examples, shown, classNames, confusion } = examination;
  const places = examples[`${String(label)}-${String(prediction)}`] ?? [];
  const what = label === prediction ? `${classNames[label]!}, rightly classified` : `${classNames[label]!} taken for ${classNames[prediction]!}`;
  return [
    h('h4', {}, `${what}: ${String(places.length)} of ${String(confusion[label]![prediction])}, the most confident`),
    h('div', { class: 'cards' }, ...places.map((at) => card(shown[at]!, examination))),
  ];
}

function card({ row, label, prediction, probabilities, pixels }: ShownRow, { classNames, imageShape }: Examination): HTMLElement {
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
