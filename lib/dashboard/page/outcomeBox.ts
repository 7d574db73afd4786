import type { Outcome } from '../../history/outcome';
import { h } from './dom';

/** What became of a run that did not end as planned: the cause first, and what to do. */
export function outcomeBox({ isFailure, title, cause, advice }: Outcome): HTMLElement {
  return h('div', { class: isFailure ? 'outcome failure' : 'outcome', role: 'status' }, h('b', {}, title), cause === undefined ? null : h('p', {}, cause), h('p', {}, advice));
}
