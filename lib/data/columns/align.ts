import { anyOf } from '../../fields';
import { requireMemory } from '../../machine';
import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import { badFile } from '../files';
import type { Column } from './column';
import { classify } from './labels';
import { readerOf } from './records';

/** Rows that are converted together. */
const rowsPerBlock = 4096;

/** What rows are matched with by name. */
export interface Names {
  /** [features], where features have names. */
  readonly columns: readonly Column[] | undefined;
  /** Empty for a regression. */
  readonly classNames: readonly string[];
  readonly targetNames: readonly string[] | undefined;
}

/** Rows of another table with the columns, classes and targets of a model, see the functions below. */
export function alignRows(data: Dataset | StoredDataset, { columns, ...names }: Names): Dataset | StoredDataset {
  return alignLabels(columns === undefined ? data : alignColumns(data, columns), names);
}

/** Rows with a model's classes and targets. Throws ERR_DATA, naming them, for rows of other classes and for targets that are missing. */
export function alignLabels(data: Dataset | StoredDataset, { classNames, targetNames }: Omit<Names, 'columns'>): Dataset | StoredDataset {
  return alignTargets(alignClasses(data, classNames), targetNames);
}

/**
 * The rows of another table as features of the columns `own`, which are found by name: their order, the codes of their categories and
 * columns that `own` lacks make no difference. A category that `own` lacks is -1, as in a row that is predicted. Rows of these columns, and
 * rows without names, are returned as they are. Throws ERR_DATA, naming them, for columns that are missing, and with row and column for a value that is none of its
 * column's kind; ERR_MEMORY.
 */
export function alignColumns(data: Dataset | StoredDataset, own: readonly Column[]): Dataset | StoredDataset {
  const { columns, name, size } = data;
  if (columns === undefined || areSame(columns, own)) return data;
  const places = placesOf(own, columns);
  const missing = own.filter((_, j) => places[j] === undefined).map((column) => column.name);
  if (missing.length > 0) {
    const what = missing.length === 1 ? `a column ${missing[0]!}` : `columns ${anyOf(missing.slice(0, maxNamed), 'and')}${missing.length > maxNamed ? ` and ${String(missing.length - maxNamed)} more` : ''}`;
    throw badFile(`${what}, which the model was trained on,`, name, `${anyOf(columns.slice(0, maxNamed).map((column) => column.name), 'and')}${columns.length > maxNamed ? ', …' : ''}`);
  }
  requireMemory(8 * size * own.length, 'dataFile', name);
  const features = new Float64Array(size * own.length);
  const converters = own.map((column, j) => converterOf(columns[places[j]!]!, column));
  for (const { features: block, from, size: rows } of blocksOf(data, rowsPerBlock)) {
    for (let j = 0; j < own.length; j++) {
      const place = places[j]!;
      for (let row = 0; row < rows; row++) {
        const value = block[row * columns.length + place]!;
        const converted = converters[j]!(value);
        if (converted === undefined) {
          const other = columns[place]!;
          const what = `${own[j]!.kind === 'category' ? 'texts' : `a ${own[j]!.kind}`}, as the model was trained on,`;
          throw badFile(what, `${name}, row ${String(from + row)}, column ${other.name}`, other.categories === undefined ? `a ${other.kind}` : `'${other.categories[value] ?? ''}'`, {
            row: from + row, column: place,
          });
        }
        features[(from + row) * own.length + j] = converted;
      }
    }
  }
  // What the features are here: cells may be missing that the model's training rows have.
  const aligned = own.map((column, j): Column => (column.hasMissing || !columns[places[j]!]!.hasMissing ? column : { ...column, hasMissing: true }));
  const { order: _, features: __, stored: ___, ...rows } = { order: undefined, features: undefined, stored: undefined, ...data };
  return { ...rows, features, featureSize: own.length, columns: aligned };
}

/** Throws ERR_DATA, naming row and column, for a cell that is missing: for models whose training rows lacked none, and that have no place for it. */
export function refuseMissing(data: Dataset | StoredDataset): void {
  const { columns = [], name } = data;
  if (!columns.some(({ hasMissing }) => hasMissing)) return;
  for (const { features, from } of blocksOf(data, rowsPerBlock)) {
    for (let at = 0; at < features.length; at++) {
      if (!Number.isNaN(features[at]!)) continue;
      const [row, column] = [from + Math.floor(at / columns.length), at % columns.length];
      throw badFile('a number, as no row that the model was trained on lacks it,', `${name}, row ${String(row)}, column ${columns[column]!.name}`, 'a missing one', { row, column });
    }
  }
}

/** Columns that a message names. */
const maxNamed = 5;

function areSame(columns: readonly Column[], own: readonly Column[]): boolean {
  return columns.length === own.length && own.every((column, j) => {
    const other = columns[j]!;
    return other.name === column.name && other.kind === column.kind && String(other.categories) === String(column.categories);
  });
}

/** Where each of `own` stands among `columns`: of several of one name the first is the first, and so on. */
function placesOf(own: readonly Column[], columns: readonly Column[]): (number | undefined)[] {
  const byName = new Map<string, number[]>();
  columns.forEach(({ name }, place) => { byName.set(name.trim(), [...(byName.get(name.trim()) ?? []), place]); });
  return own.map(({ name }) => byName.get(name.trim())?.shift());
}

/** What turns numbers of one column into those of another, see {@link Column}; a missing one stays missing, and undefined is one that is none of its kind. */
function converterOf(other: Column, own: Column): (value: number) => number | undefined {
  if (other.kind === own.kind && own.kind !== 'category') return (value) => value;
  const read = readerOf(own);
  const { kind, categories = [] } = other;
  // A date has lost its text, and a number or truth is no date.
  if (kind === 'date' || (own.kind === 'date' && kind !== 'category')) return (value) => (Number.isNaN(value) ? value : undefined);
  if (kind === 'number') return (value) => (Number.isNaN(value) ? value : read(value));
  const known = categories.map(read);
  const unknown = own.kind === 'category' ? -1 : undefined;
  return (value) => (Number.isNaN(value) ? value : value < 0 ? unknown : known[value]);
}

/**
 * The labels of rows as numbers of the classes `own`, which are found by name: 1 and 1.0 are one class. Rows of these classes are returned as
 * they are. Throws ERR_DATA, naming them, for rows of other classes.
 */
function alignClasses<D extends Dataset | StoredDataset>(data: D, own: readonly string[]): D {
  const { classNames, labels, size, name } = data;
  if (own.length === 0 || classNames.length === 0 || (classNames.length === own.length && own.every((one, j) => one === classNames[j]))) return data;
  const { labels: keys } = classify([...own, ...classNames]);
  const numbers = classNames.map((_, j) => keys.indexOf(keys[own.length + j]!)).map((at) => (at < own.length ? at : -1));
  const strangers = new Map<number, number>();
  for (let row = 0; row < size; row++) if (numbers[labels[row]!] === -1) strangers.set(labels[row]!, (strangers.get(labels[row]!) ?? 0) + 1);
  if (strangers.size > 0) {
    const rows = [...strangers.values()].reduce((sum, count) => sum + count, 0);
    const names = [...strangers.keys()].map((label) => classNames[label]!);
    const some = (all: readonly string[]): string => `${all.slice(0, maxNamed).join(', ')}${all.length > maxNamed ? `, … (${String(all.length)})` : ''}`;
    throw badFile(`classes that the model was trained on (${some(own)})`, name, `${String(rows)} rows of ${some(names)}`);
  }
  return { ...data, classNames: own, labels: Int32Array.from(labels.subarray(0, size), (label) => numbers[label]!) };
}

/** Several numeric targets in the order `own`, found by name. Throws ERR_DATA, naming them, for targets that are missing. */
function alignTargets<D extends Dataset | StoredDataset>(data: D, own: readonly string[] | undefined): D {
  const { targets, targetNames, size, name } = data;
  if (targets === undefined || targetNames === undefined || own === undefined || own.length < 2 || own.every((one, j) => one === targetNames[j])) return data;
  const places = own.map((one) => targetNames.indexOf(one));
  const missing = own.filter((_, j) => places[j]! < 0);
  if (missing.length > 0) throw badFile(`the targets ${anyOf(missing, 'and')}, which the model was trained on,`, name, anyOf(targetNames, 'and'));
  const width = targetNames.length;
  const aligned = new Float64Array(size * own.length);
  for (let row = 0, to = 0; row < size; row++) for (const place of places) aligned[to++] = targets[row * width + place]!;
  return { ...data, targets: aligned, targetNames: own };
}
