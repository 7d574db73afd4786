import { blocksOf } from '../../data/blocks';
import type { Column } from '../../data/columns/column';
import type { Dataset, StoredDataset } from '../../data/dataset';

/** How often a category comes, as a share of the rows that have one. */
export interface CategoryShare {
  readonly name: string;
  readonly share: number;
}

/** What is known of a column, or of the target, by training rows. */
export interface ColumnFacts {
  readonly name: string;
  readonly kind: Column['kind'] | 'classes';
  /** The share of rows that lack it. */
  readonly missing: number;
  /** Of numbers, and of dates in seconds since 1970: null where all are missing. */
  readonly min?: number | null;
  readonly max?: number | null;
  readonly mean?: number | null;
  /** Of categories, booleans and classes, the most frequent first. */
  readonly categories?: readonly CategoryShare[];
}

/** Rows that are looked at together. */
const rowsPerBlock = 4096;

/** Facts about the features of training rows, in the order of the table; columns without names are called by their place. None of pixels. */
export function columnFacts(train: Dataset | StoredDataset): readonly ColumnFacts[] {
  if (train.imageShape !== undefined) return [];
  const columns = train.columns ?? Array.from({ length: train.featureSize }, (_, j): Column => ({ name: String(j), kind: 'number', hasMissing: false }));
  const tallies = columns.map((column) => new Tally(column.categories?.length ?? 0));
  for (const { features } of blocksOf(train, rowsPerBlock)) {
    for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === columns.length ? 0 : j + 1) tallies[j]!.add(features[at]!);
  }
  return columns.map(({ name, kind, categories }, j) => factsOf(name, kind, tallies[j]!, categories));
}

/** Facts about what is to be predicted: classes, or each of the targets. */
export function targetFacts({ labels, targets, targetNames = [], classNames, size }: Dataset | StoredDataset): readonly ColumnFacts[] {
  if (targets === undefined) {
    const tally = new Tally(classNames.length);
    for (const label of labels) tally.add(label);
    return [factsOf(targetNames[0] ?? 'target', 'classes', tally, classNames)];
  }
  const width = targets.length / size;
  const tallies = Array.from({ length: width }, () => new Tally(0));
  for (let at = 0; at < targets.length; at++) tallies[at % width]!.add(targets[at]!);
  return tallies.map((tally, j) => factsOf(targetNames[j] ?? `target ${String(j)}`, 'number', tally));
}

/** Counts what a column holds. */
class Tally {
  rows = 0;
  missing = 0;
  min = Infinity;
  max = -Infinity;
  sum = 0;
  readonly counts: Float64Array;

  constructor(categories: number) {
    this.counts = new Float64Array(categories);
  }

  add(value: number): void {
    this.rows++;
    if (value !== value) {
      this.missing++;
      return;
    }
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.sum += value;
    if (value >= 0 && value < this.counts.length) this.counts[value]!++;
  }
}

function factsOf(name: string, kind: ColumnFacts['kind'], { rows, missing: lacking, min, max, sum, counts }: Tally, categories?: readonly string[]): ColumnFacts {
  const present = rows - lacking;
  const facts = { name: name.trim(), kind, missing: rows === 0 ? 0 : lacking / rows };
  if (categories === undefined) return { ...facts, ...(present === 0 ? { min: null, max: null, mean: null } : { min, max, mean: sum / present }) };
  const shares = categories.map((category, code) => ({ name: category.trim(), share: present === 0 ? 0 : counts[code]! / present }));
  return { ...facts, categories: shares.sort((a, b) => b.share - a.share) };
}
