import type { Entry } from './api';

interface Known {
  readonly entry: Entry;
  readonly json: string;
  readonly revision: number;
}

/** Tells what has changed in a list of entries since it was last looked at. */
export class Revisions {
  private revision = 0;
  private readonly known = new Map<string, Known>();
  private readonly gone = new Map<string, number>();

  /** Takes the entries as they are now; returns those that changed after revision `since`, 0 for all, and names of those that went. */
  update(entries: readonly Entry[], since: number): { readonly revision: number; readonly entries: readonly Entry[]; readonly gone: readonly string[] } {
    const next = this.revision + 1;
    const names = new Set<string>();
    for (const entry of entries) {
      names.add(entry.name);
      const known = this.known.get(entry.name);
      if (known?.entry === entry) continue;
      const json = JSON.stringify(entry);
      if (known?.json !== json) this.revision = next;
      this.known.set(entry.name, { entry, json, revision: known?.json === json ? known.revision : next });
      this.gone.delete(entry.name);
    }
    for (const name of this.known.keys()) {
      if (names.has(name)) continue;
      this.revision = next;
      this.known.delete(name);
      this.gone.set(name, next);
    }
    return {
      revision: this.revision,
      entries: entries.filter(({ name }) => this.known.get(name)!.revision > since),
      gone: since === 0 ? [] : [...this.gone].filter(([, revision]) => revision > since).map(([name]) => name),
    };
  }
}
