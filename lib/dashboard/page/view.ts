import type { RunEntry } from '../api';

/** What the right side of the page shows. */
export interface View {
  readonly element: HTMLElement;
  readonly title: string;
  /** Asks the server for what is new; returns whether more is to come soon. */
  refresh(): Promise<boolean>;
  /** Hears what the list knows of runs. */
  know(entries: ReadonlyMap<string, RunEntry>): void;
  /** Draws anew, in other colours. */
  forget(): void;
  dispose(): void;
}
