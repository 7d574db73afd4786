import type { RunEntry } from '../api';

/** The main part of the page. */
export interface View {
  readonly element: HTMLElement;
  readonly title: string;
  /** Asks the server for what is new; returns whether to ask again soon. */
  refresh(): Promise<boolean>;
  /** Receives the entries of the list of runs. */
  know(entries: ReadonlyMap<string, RunEntry>): void;
  /** Redraws everything, after the colours have changed. */
  forget(): void;
  dispose(): void;
}
