import type { BuiltTraining } from '../../lib/build/buildTraining';
import type { FloatArray } from '../../lib/kernels/contract';
import type { Exchange } from '../../lib/train/exchange';

/** A process of those that train together, all of them in this one. */
export interface Rank extends BuiltTraining {
  /** The lengths that its last step summed, in order. */
  readonly lengths: readonly number[];
}

/** Ranks that hold so many shards each, in order, and run their steps together: `step` runs one on all, and returns what each returns. */
export function ranks(counts: readonly number[], build: (exchange: Exchange) => BuiltTraining): { readonly all: readonly Rank[]; readonly step: (rate: number) => boolean[] } {
  const begun: (readonly (FloatArray | Float64Array)[])[] = [];
  let results: boolean[] = [];
  let rate = 0;
  const shards = counts.reduce((sum, count) => sum + count, 0);
  // A rank that waits runs the next one's step; the last one to wait has what all have begun to sum.
  const runFrom = (r: number): void => {
    results[r] = all[r]!.training.step.run(rate);
  };
  const all: Rank[] = counts.map((shardCount, r) => {
    const firstShard = counts.slice(0, r).reduce((sum, count) => sum + count, 0);
    const sums: (FloatArray | Float64Array)[] = [];
    const lengths: number[] = [];
    const exchange: Exchange = {
      firstShard, shardCount, sums: 'exact',
      sum: (values, from, length) => { sums.push(values.subarray(from, from + length)); },
      sumBuffers: (values) => { sums.push(values); },
      sumNumbers: (values) => { sums.push(values); },
      wait: () => {
        begun[r] = sums.splice(0);
        lengths.splice(0, Infinity, ...begun[r].map(({ length }) => length));
        if (r + 1 < counts.length) runFrom(r + 1);
        else addUp(counts, shards, begun);
      },
    };
    return { ...build(exchange), lengths };
  });
  return {
    all,
    step: (learningRate) => {
      rate = learningRate;
      results = [];
      // Those that nobody has waited for.
      for (let r = 0; r < counts.length; r++) if (results[r] === undefined) runFrom(r);
      return results;
    },
  };
}

/** Replaces what each rank has begun to sum by the sum along the tree. */
function addUp(counts: readonly number[], shards: number, begun: readonly (readonly (FloatArray | Float64Array)[])[]): void {
  begun[0]!.forEach((array, i) => {
    const round = array.BYTES_PER_ELEMENT === 4 ? Math.fround : Number;
    const total = Array.from(array, (_, at) => {
      const sumOf = (first: number, count: number): number => {
        let before = 0;
        const owner = counts.findIndex((own) => {
          if (before === first && own === count) return true;
          before += own;
          return false;
        });
        return owner >= 0 ? begun[owner]![i]![at]! : round(sumOf(first, count / 2) + sumOf(first + count / 2, count / 2));
      };
      return sumOf(0, shards);
    });
    for (const own of begun) own[i]!.set(total);
  });
}
