import type { RandomState } from '../../random';

// A local copy, because inside a vm context, such as jest's, every access to a global is slow.
const { ceil } = Math;

/** One feature of all rows [rows]: numbers, or the numbers of categories, which have no order. */
export interface Column {
  readonly values: Float64Array;
  readonly isCategory: boolean;
}

/** A tree's prediction for a row, given the value of each of its features. */
export type Tree = (valueOf: (feature: number) => number) => number;

/** Nodes of fewer rows are leaves. */
const minSplit = 5;

interface Split {
  readonly feature: number;
  readonly goesLeft: (value: number) => boolean;
}

/**
 * A regression tree of a random forest (Breiman, "Random forests", 2001), fitted to `targets` of the given rows, which may repeat: each node
 * tries half of the features and takes the split with the least squared error. Categories are split by a threshold on their mean
 * target; no other partition into two has a smaller error (Fisher, 1958).
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
  // A split reduces the squared error by (Σ left)²/n_left + (Σ right)²/n_right − (Σ all)²/n; a gain within rounding does not count.
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
      // The middle of two adjacent doubles is one of them; it must not be the lower.
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
