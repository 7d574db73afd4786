import type { Catalogue, Entry, KeyValue } from '../../api';
import { Fields } from '../../query/fields';
import { getJson } from '../client';
import { isExported } from '../exported';

/** What the server says of the folder of runs. Only what has changed is asked for again. */
export class RunsStore {
  private place = '';
  private known = new Map<string, Entry>();
  private revision: number | undefined;
  private defaults: Readonly<Record<string, KeyValue>> = {};
  private made: { readonly revision: number | undefined; readonly fields: Fields; readonly list: readonly Entry[] } | undefined;

  /** The folder itself; empty in an exported page. */
  get folder(): string {
    return this.place;
  }

  /** By name. */
  get entries(): ReadonlyMap<string, Entry> {
    return this.known;
  }

  /** Whether the server has answered yet. */
  get isKnown(): boolean {
    return this.revision !== undefined;
  }

  /** Asks the server; returns whether anything has changed. */
  async refresh(): Promise<boolean> {
    if (isExported && this.isKnown) return false;
    const answer = await getJson<Catalogue>('api/runs', this.revision === undefined ? {} : { since: String(this.revision) });
    const isChanged = answer.revision !== this.revision;
    this.place = answer.folder;
    if (isChanged) {
      this.known = new Map(this.known);
      for (const name of answer.gone) this.known.delete(name);
      for (const entry of answer.entries) this.known.set(entry.name, entry);
      this.revision = answer.revision;
      this.defaults = answer.defaults ?? this.defaults;
    }
    return isChanged;
  }

  get list(): readonly Entry[] {
    return this.derived.list;
  }

  get fields(): Fields {
    return this.derived.fields;
  }

  private get derived(): NonNullable<typeof this.made> {
    if (this.made === undefined || this.made.revision !== this.revision) {
      const list = [...this.known.values()];
      this.made = { revision: this.revision, fields: new Fields(list, this.defaults), list };
    }
    return this.made;
  }
}
