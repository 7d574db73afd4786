import { RandomState } from '../random';
import type { SplitSizes } from './dataset';

/** The parts that rows are divided into, in the order in which they are filled. */
export const splitNames = ['train', 'validation', 'test'] as const;

/** The words for the parts in columns and names of folders. */
const partWords: readonly (readonly string[])[] = [['train', 'training'], ['validation', 'val', 'valid', 'dev'], ['test', 'holdout']];

/** The place in {@link splitNames} of the part that a word names; -1 for another word. */
export function partNamed(word: string): number {
  return partWords.findIndex((words) => words.includes(word.trim().toLowerCase()));
}

/** What decides which rows belong to which part. At most one of `groups`, `times` and `parts` is given. */
export interface Division {
  /** Seed of the shuffle. */
  readonly seed: number;
  /** [rows], classes that keep their shares in each part. */
  readonly strata?: Int32Array | undefined;
  /** [rows], numbers of groups from 0: the rows of a group stay together, so that parts have about as many rows as asked for. */
  readonly groups?: Int32Array | undefined;
  /** [rows], by which rows are sorted: the newest are for test, those before them for validation, those before these for training. */
  readonly times?: Float64Array | undefined;
  /** [rows], for each row the place of its part in {@link splitNames}. */
  readonly parts?: ArrayLike<number> | undefined;
}

/** The part of rows that are in none of the three. */
const unused = splitNames.length;

/** The rows of each part, ascending. Rows beyond the sum of `sizes` are left out. */
export function divideRows(rows: number, sizes: SplitSizes, division: Division): readonly Int32Array[] {
  const counts = splitNames.map((split) => sizes[split]);
  const partOf = division.parts ?? partsOf(rows, counts, division);
  return splitNames.map((_, part) => rowsOf(partOf, part));
}

/** The rows of one part, ascending. */
function rowsOf(partOf: ArrayLike<number>, part: number): Int32Array {
  let count = 0;
  for (let row = 0; row < partOf.length; row++) if (partOf[row] === part) count++;
  const order = new Int32Array(count);
  for (let row = 0, at = 0; at < count; row++) if (partOf[row] === part) order[at++] = row;
  return order;
}

/** The first rows of an order in the first part, those that follow in the next. */
function inTurn(order: Int32Array, sizes: readonly number[]): Uint8Array {
  const partOf = new Uint8Array(order.length).fill(unused);
  let at = 0;
  sizes.forEach((size, part) => { for (const end = at + size; at < end; at++) partOf[order[at]!] = part; });
  return partOf;
}

/** The part of each row. */
function partsOf(rows: number, counts: readonly number[], { seed, strata, groups, times }: Division): ArrayLike<number> {
  const sizes = [...counts, rows - counts.reduce((sum, count) => sum + count, 0)];
  if (times !== undefined) return byTime(times, sizes);
  const random = new RandomState(seed);
  if (groups !== undefined) return dealGroups(groups, strata, sizes, random, counts.length);
  return strata === undefined ? inTurn(random.permutation(rows), sizes) : byStrata(strata, sizes, random);
}

/** Rows that are left out are the oldest. Rows of the same time keep their order. */
function byTime(times: Float64Array, sizes: readonly number[]): Uint8Array {
  const partOf = new Uint8Array(times.length);
  const order = Int32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
  let at = 0;
  for (const part of [unused, 0, 1, 2]) for (const end = at + sizes[part]!; at < end; at++) partOf[order[at]!] = part;
  return partOf;
}

/** Rows of each class in random order, as many for each part as {@link allocate} says. */
function byStrata(strata: Int32Array, sizes: readonly number[], random: RandomState): Uint8Array {
  const ofClass = rowsBy(strata, random.permutation(strata.length));
  const partOf = new Uint8Array(strata.length);
  allocate(ofClass.map(({ length }) => length), sizes).forEach((counts, j) => {
    let at = 0;
    counts.forEach((count, part) => { for (const end = at + count; at < end; at++) partOf[ofClass[j]![at]!] = part; });
  });
  return partOf;
}

/** Rows by their number, in a given order; numbers without rows are left out. */
function rowsBy(numbers: Int32Array, order: Int32Array): readonly number[][] {
  const lists = new Map<number, number[]>();
  for (const row of order) {
    const list = lists.get(numbers[row]!);
    if (list === undefined) lists.set(numbers[row]!, [row]);
    else list.push(row);
  }
  return [...lists].sort(([a], [b]) => a - b).map(([, list]) => list);
}

/**
 * Counts [classes, parts] whose rows sum to the classes' sizes and whose columns sum to the parts': each is its share of the class,
 * rounded up or down (rarely by one more), and a class has a row in the first part where there is room for one of each.
 */
export function allocate(classes: readonly number[], sizes: readonly number[]): number[][] {
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  const shareOf = (size: number, part: number): number => (size * sizes[part]!) / rows;
  const behind = sizes.map(() => 0); // how many rows a part is short of its shares of the classes so far
  const counts = classes.map((size) => {
    const own = sizes.map((_, part) => Math.floor(shareOf(size, part)));
    own.forEach((count, part) => { behind[part]! += shareOf(size, part) - count; });
    for (let left = size - own.reduce((sum, count) => sum + count, 0); left > 0; left--) {
      const part = indexOfMax(behind);
      own[part]!++;
      behind[part]!--;
    }
    return own;
  });
  levelOut(classes, sizes, counts);
  for (let j = 0; j < classes.length; j++) {
    if (counts[j]![0]! > 0) continue;
    // A class that no training row has cannot be learned: it changes places with a row of the class that has most above its share.
    const giver = indexOfMax(counts.map(([first = 0], k) => (first > 1 ? first - shareOf(classes[k]!, 0) : -Infinity)));
    if (counts[giver]![0]! <= 1) continue;
    const part = indexOfMax(counts[j]!);
    counts[j]![0]!++;
    counts[j]![part]!--;
    counts[giver]![0]!--;
    counts[giver]![part]!++;
  }
  return counts;
}

/** Moves rows between parts until each has its size: taking turns can leave one a row short and another a row over. */
function levelOut(classes: readonly number[], sizes: readonly number[], counts: number[][]): void {
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  for (;;) {
    const short = sizes.map((size, part) => size - counts.reduce((sum, own) => sum + own[part]!, 0));
    const [to, from] = [indexOfMax(short), indexOfMax(short.map((value) => -value))];
    if (short[to] === 0) return;
    const surplus = counts.map((own, j) => (own[from] === 0 ? -Infinity : own[from]! - own[to]! - (classes[j]! * (sizes[from]! - sizes[to]!)) / rows));
    const own = counts[indexOfMax(surplus)]!;
    own[from]!--;
    own[to]!++;
  }
}

function indexOfMax(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

/**
 * The part of each row such that groups stay together: from the largest group on, in random order where they are alike, each goes to the
 * part that it brings nearest to its size, or with `strata` to its share of each class (the sum over classes of squared distances from the
 * share, each in units of the share). Then each of the first `needed` parts that is to have rows gets a group, if there are enough.
 */
export function dealGroups(
  groups: Int32Array, strata: Int32Array | undefined, sizes: readonly number[], random: RandomState, needed = sizes.length,
): Uint16Array {
  const rows = groups.length;
  const members = rowsBy(groups, Int32Array.from(groups.keys()));
  const order = random.permutation(members.length).sort((a, b) => members[b]!.length - members[a]!.length);
  const classes = strata === undefined ? 1 : strata.reduce((most, label) => Math.max(most, label + 1), 1);
  const totals = new Float64Array(classes);
  for (let row = 0; row < rows; row++) totals[strata?.[row] ?? 0]!++;
  const held = sizes.map(() => new Float64Array(classes));
  const groupsIn: number[][] = sizes.map(() => []);
  const count = new Float64Array(classes);
  for (const group of order) {
    count.fill(0);
    for (const row of members[group]!) count[strata?.[row] ?? 0]!++;
    const gains = sizes.map((size, part) => (size === 0 ? -Infinity : -count.reduce((sum, own, j) => {
      const share = (totals[j]! * size) / rows;
      return own === 0 ? sum : sum + (own * (2 * (held[part]![j]! - share) + own)) / share;
    }, 0)));
    const part = indexOfMax(gains);
    groupsIn[part]!.push(group);
    count.forEach((own, j) => { held[part]![j]! += own; });
  }
  sizes.slice(0, needed).forEach((size, part) => {
    if (size === 0 || groupsIn[part]!.length > 0) return;
    const giver = indexOfMax(groupsIn.map(({ length }) => length));
    if (groupsIn[giver]!.length > 1) groupsIn[part]!.push(groupsIn[giver]!.pop()!); // its smallest
  });
  const partOf = new Uint16Array(rows);
  groupsIn.forEach((some, part) => { for (const group of some) for (const row of members[group]!) partOf[row] = part; });
  return partOf;
}
