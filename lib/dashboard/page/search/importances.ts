import type { TrialSummary } from '../../../history/searchHistory';
import { parameterImportances } from '../../../search/analysis/importance';
import type { Importances } from '../../../search/analysis/importance';
import type { Parameter } from '../../../search/types';
import { fill, h, percent } from '../dom';

/** With fewer trials shares are said to be unsure. */
const fewTrials = 40;
/** A forest that explains less of the scores than this says nothing. */
const leastR2 = 0.2;
/** Trees times trials: about a tenth of a second. */
const maxWork = 20_000;

/** How much the scores depend on each parameter, by the same forest as in search.json; made anew when a tenth more trials have a score. */
export class ImportancePanel {
  readonly element: HTMLElement;
  private readonly body = h('div', {});
  private of = 0;

  constructor() {
    this.element = h(
      'section', { class: 'panel' }, h('h2', {}, 'What the score depends on'),
      h('p', { class: 'note' }, 'Permutation importance (Breiman 2001) in a random forest that is fitted to the scores on the first rung: how much worse it predicts a trial once the values of a parameter are exchanged between trials, as shares of all.'),
      this.body,
    );
  }

  show(parameters: readonly Parameter[], trials: readonly TrialSummary[]): void {
    const scored = trials.flatMap(({ assignment, curve: [first], state }) => (first === undefined || state === 'failed' || !Number.isFinite(first[1]) ? [] : [{ assignment, score: first[1] }]));
    if (scored.length === this.of || (this.of > 0 && scored.length > this.of && scored.length < 1.1 * this.of)) return;
    this.of = scored.length;
    const trees = Math.max(20, Math.min(200, Math.floor(maxWork / Math.max(1, scored.length))));
    const found = parameterImportances({ parameters }, scored, { trees });
    if (found === undefined) fill(this.body, h('p', { class: 'note' }, `Not known yet: it takes at least 10 trials with different scores, and there ${scored.length === 1 ? 'is' : 'are'} ${String(scored.length)}.`));
    else fill(this.body, ...draw(found));
  }
}

function draw({ parameters, r2, trials }: Importances): HTMLElement[] {
  const doubt = r2 < leastR2 ? `The forest explains ${percent(Math.max(0, r2), 0)} of the variance of scores that it has not seen: too little to trust these shares.`
    : trials < fewTrials ? `From ${String(trials)} trials only: with others these shares can be quite different.` : undefined;
  return [
    ...(doubt === undefined ? [] : [h('p', { class: 'warning' }, doubt)]),
    h('table', { class: 'importances' }, h('tbody', {}, ...parameters.map(({ name, importance }) => {
      const bar = h('span', { class: 'bar' });
      bar.style.setProperty('--share', String(importance));
      return h('tr', {}, h('th', { scope: 'row' }, name), h('td', { class: 'share' }, bar), h('td', {}, percent(importance, 0)));
    }))),
    h('p', { class: 'note' }, `R² on trials outside of each tree's sample: ${r2.toFixed(2)}, from ${String(trials)} trials.`),
  ];
}
