import type { Entry } from '../api';
import { h } from './dom';

/** The main part of the page. */
export interface View {
  readonly element: HTMLElement;
  readonly title: string;
  /** Whether it takes the place of the list too. */
  readonly isWide?: boolean;
  /** Whether to ask for what is new while the page is hidden, too. */
  readonly asksWhileHidden?: boolean;
  /** What keys do in it, in place of what they do elsewhere. */
  readonly keys?: Readonly<Record<string, () => void>>;
  /** Asks the server for what is new; returns whether to ask again soon. */
  refresh(): Promise<boolean>;
  /** Receives the entries of the list, by name. */
  know(entries: ReadonlyMap<string, Entry>): void;
  /** Is told that the server has ended, as that of a training does with it. */
  lose?(): void;
  /** Redraws everything, after the colours have changed. */
  forget(): void;
  dispose(): void;
}

/** What is shown of something that is not there. */
export function placeholder(kind: string, name: string): HTMLElement {
  return h('div', {}, h('h1', {}, name), h('p', { class: 'note' }, `There is no ${kind} ${name} in this folder. It appears here once it starts.`));
}
