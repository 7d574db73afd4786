import type { Entry } from '../api';
import type { Field, Fields } from './fields';
import { sorted } from './order';
import type { Sorting } from './order';

// Used by the page and by the terminal: nothing here needs Node.

/** Ways to group beside the names of fields. */
export const groupings = {
  /** Runs whose specs differ in nothing but the seed. */
  replicates: 'all but the seed',
  /** Runs whose names differ in a number at their end. */
  prefix: 'name prefix',
} as const;

/** Entries that have something in common. */
export interface Group {
  /** Unique among the groups. */
  readonly id: string;
  readonly label: string;
  readonly entries: readonly Entry[];
}

/** Mean of the values that are there, and the standard error of that mean: NaN of fewer than two. */
export interface Summary {
  readonly mean: number;
  readonly standardError: number;
  readonly count: number;
}

/** 'deep-3-seed1' is one of 'deep-3', 'tuned-12' one of 'tuned'. */
export function prefixOf(name: string): string {
  return name.replace(/[-_.](?:seed|fold|run)?\d+$/i, '');
}

/**
 * Groups by fields, by what `groupings` lists, or by several of these with commas between them. Groups are sorted by the means of what entries are
 * sorted by, entries within them as elsewhere. Of names that are no field none is made.
 */
export function grouped(entries: readonly Entry[], by: string, sorting: readonly Sorting[], fields: Fields): Group[] {
  const parts = by.split(',').flatMap((name) => partOf(name, entries, fields));
  const groups = new Map<string, { labels: readonly string[]; entries: Entry[] }>();
  for (const entry of sorted(entries, sorting, fields)) {
    const values = parts.map((part) => part(entry));
    const id = JSON.stringify(values.map(({ value }) => value));
    const group = groups.get(id) ?? { labels: values.map(({ label }) => label), entries: [] };
    group.entries.push(entry);
    groups.set(id, group);
  }
  const list = [...groups].map(([id, { labels, entries: members }]): Group => ({ id, label: labels.join(', '), entries: members }));
  const first = sorting.map(({ field, down }) => ({ field: fields.find(field), down })).find(({ field }) => field !== undefined);
  if (first?.field === undefined) return list;
  const { field, down } = first;
  const rank = ({ entries: members }: Group): number => meanOf(members.map((entry) => (field.rank ?? field.of)(entry))).mean;
  return list.map((group) => ({ group, value: rank(group) })).sort((a, b) =>
    (Number.isNaN(a.value) || Number.isNaN(b.value) ? Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value)) : down ? b.value - a.value : a.value - b.value)).map(({ group }) => group);
}

/** Of a field that is no number the mean is NaN. */
export function summary(field: Field, entries: readonly Entry[]): Summary {
  return meanOf(entries.map((entry) => field.of(entry)));
}

function meanOf(values: readonly unknown[]): Summary {
  const numbers = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  const count = numbers.length;
  if (count > 1 && numbers.every((value) => value === numbers[0])) return { mean: numbers[0]!, standardError: 0, count }; // exactly, whatever rounding does
  const mean = count === 0 ? NaN : numbers.reduce((sum, value) => sum + value, 0) / count;
  const variance = count < 2 ? NaN : numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, standardError: Math.sqrt(variance / count), count };
}

interface Part {
  /** What entries of a group share. */
  readonly value: string;
  readonly label: string;
}

function partOf(name: string, entries: readonly Entry[], fields: Fields): ((entry: Entry) => Part)[] {
  if (name === 'prefix') {
    return [(entry) => {
      const prefix = prefixOf(entry.name);
      return { value: prefix, label: prefix };
    }];
  }
  if (name === 'replicates') {
    const keys = fields.differing(entries).filter(({ id }) => id !== 'seed');
    return [(entry) => {
      if (entry.kind !== 'run') return { value: entry.name, label: entry.name };
      return { value: JSON.stringify(keys.map((key) => key.of(entry) ?? null)), label: keys.map((key) => `${key.id} ${textOf(key, entry)}`).join(', ') || 'all runs' };
    }];
  }
  const field = fields.find(name);
  return field === undefined ? [] : [(entry) => {
    const text = textOf(field, entry);
    return { value: text, label: `${field.id} ${text}` };
  }];
}

/** Of a list its first: a title before a name, a reason before a state. */
function textOf(field: Field, entry: Entry): string {
  const value = field.of(entry);
  if (field.id === 'tag' && Array.isArray(value)) return value.length === 0 ? 'none' : value.join(' ');
  return value === undefined || value === '' ? 'none' : String(Array.isArray(value) ? value[0] : value);
}
