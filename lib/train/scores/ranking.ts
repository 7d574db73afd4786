/** Rows in falling order of their values, and whether each is positive. */
interface Ranking {
  readonly ranked: Int32Array;
  readonly values: Float64Array;
  readonly isPositive: Uint8Array;
  readonly weights: Float64Array;
}

/** A score of how well values tell positive rows from the others. */
export type RankingScore = (values: Float64Array, isPositive: Uint8Array, weights: Float64Array) => number;

function rankingOf(values: Float64Array, isPositive: Uint8Array, weights: Float64Array): Ranking {
  return { ranked: Int32Array.from(values, (_, row) => row).sort((a, b) => values[b]! - values[a]!), values, isPositive, weights };
}

/** Calls `visit` for each threshold, from the highest, with the weight of the true and of the false positives above and at it. */
function forEachThreshold({ ranked, values, isPositive, weights }: Ranking, visit: (truePositives: number, falsePositives: number) => void): void {
  let [truePositives, falsePositives] = [0, 0];
  for (let i = 0; i < ranked.length; i++) {
    const row = ranked[i]!;
    if (isPositive[row] === 1) truePositives += weights[row]!;
    else falsePositives += weights[row]!;
    if (i + 1 === ranked.length || values[ranked[i + 1]!] !== values[row]) visit(truePositives, falsePositives);
  }
}

/** The share of pairs of a positive and a negative row that are in order, ties half (Mann & Whitney 1947); NaN without such pairs. */
export const areaUnderRoc: RankingScore = (...given) => {
  let [area, lastTrue, lastFalse] = [0, 0, 0];
  forEachThreshold(rankingOf(...given), (truePositives, falsePositives) => {
    area += ((truePositives + lastTrue) / 2) * (falsePositives - lastFalse);
    [lastTrue, lastFalse] = [truePositives, falsePositives];
  });
  return area / (lastTrue * lastFalse);
};

/** Σ (recall gained at each threshold)·(precision there); NaN where no row, or every row, is positive. */
export const averagePrecision: RankingScore = (values, isPositive, weights) => {
  let [positives, negatives] = [0, 0];
  isPositive.forEach((one, row) => {
    if (one === 1) positives += weights[row]!;
    else negatives += weights[row]!;
  });
  if (positives === 0 || negatives === 0) return Number.NaN;
  let [sum, last] = [0, 0];
  forEachThreshold(rankingOf(values, isPositive, weights), (truePositives, falsePositives) => {
    if (truePositives > last) sum += ((truePositives - last) / positives) * (truePositives / (truePositives + falsePositives));
    last = truePositives;
  });
  return sum;
};
