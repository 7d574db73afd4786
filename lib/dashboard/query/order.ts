import type { Entry } from '../api';
import type { Field, Fields } from './fields';

// Used by the page and by the terminal: nothing here needs Node.

/** What entries are sorted by: `learningRate` upwards, `-best` downwards. */
export interface Sorting {
  readonly field: string;
  readonly down: boolean;
}

const collator = new Intl.Collator('en', { numeric: true });

/** A number, or a text, to sort by; undefined where the entry has no such value. */
function keyOf(field: Field, entry: Entry): number | string | undefined {
  const value = field.rank === undefined ? field.of(entry) : field.rank(entry);
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : value;
  const text = typeof value === 'object' ? value.join(' ') : value === undefined ? '' : String(value);
  if (field.unit === 'time') return text === '' ? undefined : Date.parse(text);
  return text === '' ? undefined : text;
}

/** Sorts by several fields, the first counts most; what lacks a value comes last, and of equals the last started first. */
export function sorted(entries: readonly Entry[], by: readonly Sorting[], fields: Fields): Entry[] {
  const known = by.flatMap(({ field: name, down }) => {
    const field = fields.find(name);
    return field === undefined ? [] : [{ keys: new Map(entries.map((entry) => [entry, keyOf(field, entry)])), down }];
  });
  return [...entries].sort((a, b) => {
    for (const { keys, down } of known) {
      const order = compare(keys.get(a), keys.get(b), down);
      if (order !== 0) return order;
    }
    return byStart(a, b);
  });
}

function compare(a: number | string | undefined, b: number | string | undefined, down: boolean): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
  return down ? -order : order;
}

/** The last started first. */
export function byStart(a: Pick<Entry, 'startedAt' | 'name'>, b: Pick<Entry, 'startedAt' | 'name'>): number {
  const [one, other] = [a.startedAt ?? '', b.startedAt ?? ''];
  return one === other ? collator.compare(a.name, b.name) : one < other ? 1 : -1;
}

/** '-best,learningRate' and back. */
export function parseSorting(text: string): Sorting[] {
  return text.split(',').filter((part) => part !== '' && part !== '-').map((part) => (part.startsWith('-') ? { field: part.slice(1), down: true } : { field: part, down: false }));
}

export function sortingText(by: readonly Sorting[]): string {
  return by.map(({ field, down }) => `${down ? '-' : ''}${field}`).join(',');
}
