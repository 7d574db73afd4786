import type { DepthEntry, Entry } from '../api';
import type { Fields } from '../query/fields';
import { CompareView } from './compareView';
import { fill, h, percent } from './dom';
import type { CurveSettings } from './plots/curves';
import { placeholder } from './view';
import type { View } from './view';

/** A depth experiment: its best net and test result, and the comparison of its runs. */
export class DepthView implements View {
  readonly element = h('div', {});
  private readonly facts = h('p', { class: 'note' });
  private comparison: CompareView | undefined;
  private names = '';

  constructor(readonly title: string, private readonly settings: CurveSettings, private readonly fields: () => Fields) {}

  async refresh(): Promise<boolean> {
    return (await this.comparison?.refresh()) ?? true;
  }

  know(entries: ReadonlyMap<string, Entry>): void {
    const entry = entries.get(this.title);
    if (entry?.kind !== 'depth') {
      if (this.comparison === undefined) fill(this.element, placeholder('depth experiment', this.title));
      return;
    }
    const names = entry.runs.join('\n');
    if (this.comparison === undefined || names !== this.names) {
      this.names = names;
      this.comparison?.dispose();
      this.comparison = new CompareView(entry.runs, this.settings, this.fields, this.title, this.facts);
      this.element.replaceChildren(this.comparison.element);
    }
    fill(this.facts, ...describe(entry));
    this.comparison.know(entries);
  }

  forget(): void {
    this.comparison?.forget();
  }

  dispose(): void {
    this.comparison?.dispose();
  }
}

function describe({ state, runs, best, valAccuracy, testAccuracy, failure }: DepthEntry): (Node | string)[] {
  if (failure !== null) return [h('span', { class: 'state failed' }, state), ` ${failure.message} [${failure.code}]`];
  return [
    h('span', { class: `state ${state}` }, state), ` Depth experiment of ${String(runs.length)} nets.`,
    ...(best === null ? [] : [' The best by validation is ', h('a', { href: `#/run/${encodeURIComponent(best)}` }, best), ` with ${percent(valAccuracy)}`]),
    ...(typeof testAccuracy === 'number' ? [`, and ${percent(testAccuracy)} of the test rows.`] : best === null ? [] : ['.']),
  ];
}
