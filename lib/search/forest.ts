import type { RandomState } from '../random';

// Within a sandbox, such as jest's, each look-up of a global costs as much as a comparison of rows.
const { ceil } = Math;

/** A feature of all rows [rows]: numbers, or categories, which have no order. */
export interface Column {
  readonly values: Float64Array;
  readonly isCategory: boolean;
}

/** What a tree says of a row, given the value of each of its features. */
export type Tree = (valueOf: (feature: number) => number) => number;

/** Fewest rows that are split any further. */
const minSplit = 5;

interface Split {
  readonly feature: number;
  readonly goesLeft: (value: number) => boolean;
}

/**
 * A regression tree of a random forest (Breiman, "Random forests", 2001) on `rows` of the columns, where they have targets: at each node
 * half of the features are tried, and the split is taken that leaves the least squared error. Categories are split as numbers in the
 * order of their mean targets, which no other division into two betters (Fisher, 1958).
 */
export function growTree(columns: readonly Column[], targets: Float64Array, rows: Int32Array, random: RandomState): Tree {
  const value = mean(targets, rows);
  const leaf: Tree = () => value;
  if (rows.length < minSplit) return leaf;
  const tried = random.permutation(columns.length).subarray(0, ceil(columns.length / 2));
  const split = bestSplit(columns, targets, rows, tried);
  if (split === undefined) return leaf;
  const { feature, goesLeft } = split;
  const { values } = columns[feature]!;
  const left = growTree(columns, targets, rows.filter((row) => goesLeft(values[row]!)), random);
  const right = growTree(columns, targets, rows.filter((row) => !goesLeft(values[row]!)), random);
  return (valueOf) => (goesLeft(valueOf(feature)) ? left : right)(valueOf);
}

function mean(targets: Float64Array, rows: Int32Array): number {
  return rows.reduce((sum, row) => sum + targets[row]!, 0) / rows.length;
}

function bestSplit(columns: readonly Column[], targets: Float64Array, rows: Int32Array, features: Int32Array): Split | undefined {
  const total = rows.reduce((sum, row) => sum + targets[row]!, 0);
  // The squared error falls by what Σ left²/n + Σ right²/n is above this; by rounding alone it does not count.
  let best = (total * total) / rows.length * (1 + 1e-12);
  let split: Split | undefined;
  for (const feature of features) {
    const { values, isCategory } = columns[feature]!;
    const key = isCategory ? meanByCategory(values, targets, rows) : (value: number): number => value;
    const sorted = Array.from(rows, (row) => ({ key: key(values[row]!), value: values[row]!, target: targets[row]! })).sort((a, b) => a.key - b.key);
    let sum = 0;
    for (let i = 1; i < sorted.length; i++) {
      sum += sorted[i - 1]!.target;
      const [below, above] = [sorted[i - 1]!.key, sorted[i]!.key];
      const gain = (sum * sum) / i + (total - sum) ** 2 / (sorted.length - i);
      if (below === above || gain <= best) continue;
      best = gain;
      const middle = (below + above) / 2;
      // Between doubles that are neighbours there is none.
      const threshold = middle > below ? middle : above;
      const left = new Set(sorted.slice(0, i).map(({ value }) => value));
      split = { feature, goesLeft: isCategory ? (value): boolean => left.has(value) : (value): boolean => value < threshold };
    }
  }
  return split;
}

function meanByCategory(values: Float64Array, targets: Float64Array, rows: Int32Array): (category: number) => number {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const row of rows) {
    const category = sums.get(values[row]!) ?? { sum: 0, count: 0 };
    sums.set(values[row]!, { sum: category.sum + targets[row]!, count: category.count + 1 });
  }
  return (category) => sums.get(category)!.sum / sums.get(category)!.count;
}
