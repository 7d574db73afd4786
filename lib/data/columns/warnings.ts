import { blocksOf } from '../blocks';
import type { Dataset, StoredDataset } from '../dataset';
import type { Column } from './column';

/** Something about a table that often is a mistake. */
export interface TableWarning {
  readonly kind: 'missing' | 'leak' | 'unique-text' | 'single-row-class' | 'many-classes';
  /** The name of the column that it is about, where it is about one. */
  readonly column?: string;
  /** One sentence, with the key that changes it. */
  readonly message: string;
}

/** The share of missing cells from which on a column hardly tells anything. */
const mostlyMissing = 0.99;
/** Fewer rows than this can fit a rule by chance. */
const fewestRows = 10;
/** Rows that are looked at for leaks and unique texts; what holds for that many is no chance. */
const mostRows = 50_000;
/** Names that a sentence lists. */
const mostNames = 5;

/**
 * What is suspicious about training rows: columns that are nearly always missing, that hold or determine the target, or whose texts all
 * differ; classes of one row, and more classes than half the rows. Only rows whose columns have names are examined column by column.
 */
export function tableWarnings(train: Dataset | StoredDataset): readonly TableWarning[] {
  return [...(train.columns ?? []).flatMap((column, j) => columnWarnings(train, column, j)), ...classWarnings(train)];
}

function columnWarnings(train: Dataset | StoredDataset, column: Column, j: number): TableWarning[] {
  const { name, kind } = column;
  const ignored = `columns={${JSON.stringify(name)}: "ignore"} leaves it out`;
  const missing = column.hasMissing ? countMissing(train, j) : 0;
  if (missing >= mostlyMissing * train.size) {
    const share = missing === train.size ? 'all' : `${String(Math.floor((1000 * missing) / train.size) / 10)} %`;
    return [{ kind: 'missing', column: name, message: `Of the column ${name} ${share} of the training rows lack a value; ${ignored}` }];
  }
  const { values, targets } = valuesOf(train, j);
  if (values.length < fewestRows) return [];
  const warnings: TableWarning[] = [];
  const leak = leakOf(values, targets, train.targets !== undefined);
  if (leak !== undefined) {
    warnings.push({ kind: 'leak', column: name, message: `The column ${name} ${leak}, which new rows will hardly have; ${ignored}` });
  }
  if (kind === 'category' && new Set(values).size === values.length) {
    warnings.push({ kind: 'unique-text', column: name, message: `All texts of the column ${name} differ, as names and ids do, so that they tell nothing of new rows; ${ignored}` });
  }
  return warnings;
}

function countMissing(train: Dataset | StoredDataset, j: number): number {
  let missing = 0;
  for (const { features } of blocksOf(train, 1024)) {
    for (let at = j; at < features.length; at += train.featureSize) if (Number.isNaN(features[at]!)) missing++;
  }
  return missing;
}

/** The values of a column that are there, with the labels or targets beside them, of the first rows. */
function valuesOf(train: Dataset | StoredDataset, j: number): { values: number[]; targets: number[][] } {
  const width = train.targets === undefined ? 1 : train.targets.length / train.size;
  const values: number[] = [];
  const targets = Array.from({ length: width }, (): number[] => []);
  for (const { features, from, size } of blocksOf(train, 1024)) {
    for (let i = 0; i < size; i++) {
      const value = features[i * train.featureSize + j]!;
      if (Number.isNaN(value)) continue;
      values.push(value);
      for (let t = 0; t < width; t++) targets[t]!.push(train.targets === undefined ? train.labels[from + i]! : train.targets[(from + i) * width + t]!);
    }
    if (values.length >= mostRows) break;
  }
  return { values, targets };
}

/** How a column gives a target away, in words; undefined where it does not. */
function leakOf(values: readonly number[], targets: readonly (readonly number[])[], areNumbers: boolean): string | undefined {
  for (const target of targets) {
    if (!isOneToOne(values, target)) continue;
    return areNumbers && values.every((value, i) => value === target[i]) ? 'equals the target in every training row' : 'gives the target away: each of its values goes with one of the target\'s';
  }
  return undefined;
}

/**
 * Whether each value goes with one target and each target with one value, and not by chance: values come again, or rise or fall with the
 * targets throughout. Constant ones do not.
 */
function isOneToOne(values: readonly number[], targets: readonly number[]): boolean {
  const [targetOf, valueOf] = [new Map<number, number>(), new Map<number, number>()];
  for (let i = 0; i < values.length; i++) {
    const [value, target] = [values[i]!, targets[i]!];
    if ((targetOf.get(value) ?? target) !== target || (valueOf.get(target) ?? value) !== value) return false;
    targetOf.set(value, target);
    valueOf.set(target, value);
    // Most columns of different values are found out by a few rows.
    if (i === 100 && 2 * targetOf.size > i && !isMonotonic(targetOf)) return false;
  }
  return targetOf.size > 1 && (2 * targetOf.size <= values.length || isMonotonic(targetOf));
}

function isMonotonic(targetOf: ReadonlyMap<number, number>): boolean {
  const targets = [...targetOf].sort(([a], [b]) => a - b).map(([, target]) => target);
  const rises = targets[1]! > targets[0]!;
  return targets.every((target, i) => i === 0 || target > targets[i - 1]! === rises);
}

function classWarnings({ labels, targets, classNames, size }: Dataset | StoredDataset): TableWarning[] {
  if (targets !== undefined) return [];
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  if (counts.size > size / 2 && counts.size > 2) {
    const message = `There are ${String(counts.size)} classes in ${String(size)} training rows, more than half as many; loss=mse predicts a number, target names another column`;
    return [{ kind: 'many-classes', message }];
  }
  const single = [...counts].filter(([, count]) => count === 1).map(([label]) => classNames[label]!.trim()).sort();
  if (single.length === 0) return [];
  const names = single.slice(0, mostNames).join(', ') + (single.length > mostNames ? ', …' : '');
  const what = single.length === 1 ? `The class ${names} has a single training row` : `${String(single.length)} classes have a single training row each (${names})`;
  return [{ kind: 'single-row-class', message: `${what}, from which it is hardly learned; splitSeed and trainRows decide which rows are for training` }];
}
