import { stateWords } from '../query/fields';
import type { Entry } from '../api';
import { h } from './dom';

/** Where an entry is shown. */
export function hrefOf({ kind, name }: Pick<Entry, 'kind' | 'name'>): string {
  return `#/${kind}/${encodeURIComponent(name)}`;
}

/** What it is called: its title, else the name of its folder. */
export function nameOf({ name, labels: { title } }: Entry): string {
  return title ?? name;
}

/** Its state in its colour; of what is damaged or failed, the reason as a hint. */
export function stateCell(entry: Entry): HTMLElement {
  const { state, failure } = entry;
  const [word] = stateWords(entry);
  const done = entry.kind === 'run' && state === 'running' && entry.steps !== null && entry.steps > 0 ? ` ${String(Math.floor((100 * entry.step) / entry.steps))} %` : '';
  return h('span', { class: `state ${state === 'damaged' ? 'failed' : state}`, title: failure?.message }, `${word!}${done}`);
}
