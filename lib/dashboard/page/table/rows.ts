import type { Entry } from '../../api';
import type { Field, Fields } from '../../query/fields';
import { grouped } from '../../query/groups';
import type { Group } from '../../query/groups';
import { sorted } from '../../query/order';
import { parseQuery } from '../../query/query';
import type { Filter, QueryError } from '../../query/query';
import type { Choice } from './choice';

/** A line of the table. */
export type Row =
  | { readonly kind: 'entry'; readonly id: string; readonly entry: Entry; readonly isInGroup: boolean }
  | { readonly kind: 'group'; readonly id: string; readonly group: Group; readonly isOpen: boolean };

/** What the table shows. */
export interface Shown {
  readonly rows: readonly Row[];
  /** The entries among the rows, those of closed groups too. */
  readonly entries: readonly Entry[];
  readonly columns: readonly Field[];
  /** Of entries left out: as hidden ones, and as archived ones. */
  readonly hidden: number;
  readonly archived: number;
  /** What is wrong with the query; the last one that was right is in force. */
  readonly error: QueryError | null;
}

/** At most so many keys have a column by themselves. */
const maxKeys = 8;

/** Makes the rows of a choice; keeps the last query that could be read. */
export class Rows {
  private readonly open = new Set<string>();
  private filter: Filter = () => true;

  /** Opens or closes a group. */
  toggle(id: string): void {
    if (!this.open.delete(id)) this.open.add(id);
  }

  of(entries: readonly Entry[], choice: Choice, fields: Fields): Shown {
    const { pinned, hidden, archived, sort, group } = choice;
    let error: QueryError | null = null;
    try {
      this.filter = parseQuery(choice.query, fields);
    } catch (thrown) {
      error = thrown as QueryError;
    }
    const present = entries.filter(({ labels }) => archived || labels.archived !== true);
    const seen = present.filter(({ name }) => !hidden.has(name));
    const top = sorted(seen.filter(({ name }) => pinned.has(name)), sort, fields);
    const others = seen.filter((entry) => !pinned.has(entry.name) && this.filter(entry));
    const groups = group === '' ? [] : grouped(others, group, sort, fields);
    const rows: Row[] = [...top, ...(group === '' ? sorted(others, sort, fields) : [])].map((entry) => ({ kind: 'entry', id: entry.name, entry, isInGroup: false }));
    for (const one of groups) {
      const isOpen = this.open.has(one.id);
      rows.push({ kind: 'group', id: one.id, group: one, isOpen });
      if (isOpen) for (const entry of one.entries) rows.push({ kind: 'entry', id: entry.name, entry, isInGroup: true });
    }
    return {
      rows,
      entries: [...top, ...(group === '' ? rows.slice(top.length).flatMap((row) => (row.kind === 'entry' ? [row.entry] : [])) : groups.flatMap((one) => one.entries))],
      columns: choice.columns === null ? fittingColumns(seen, fields) : choice.columns.flatMap((name) => fields.find(name) ?? []),
      hidden: present.length - seen.length,
      archived: entries.length - present.length,
      error,
    };
  }
}

/** State, scores, what differs between the runs, and when. */
function fittingColumns(entries: readonly Entry[], fields: Fields): readonly Field[] {
  const has = (id: string): boolean => entries.some((entry) => fields.find(id)?.of(entry) !== undefined);
  const loss = has('valLoss') || !has('trainLoss') ? 'valLoss' : 'trainLoss';
  const named = ['state', 'best', loss, ...(has('test') ? ['test'] : [])].map((id) => fields.find(id)!);
  return [...named, ...fields.differing(entries).slice(0, maxKeys), fields.find('seconds')!, fields.find('started')!];
}
