import { fromPlain, toPlain } from '../../errors';
import type { PlainError } from '../../errors';
import { isTable } from '../../data/sourceKinds';
import { loadData } from '../../data/sources';
import type { LoadedData } from '../../data/sources';
import type { LossName } from '../../model/loss';
import { parseNumber } from '../../numbers';
import { dataRequest } from '../../spec/spec';
import type { TrainSpec } from '../../spec/spec';

/** A spec whose loss follows from the target of its table. */
export interface FollowedTarget {
  readonly spec: TrainSpec;
  /** The table, where it was loaded. */
  readonly data?: LoadedData;
  /** What was assumed of the target, in phrases. */
  readonly assumed: readonly string[];
}

/** The losses that may follow from a target, by what is predicted: classes, numbers, or whether each of several labels applies. */
const followed = ['cross-entropy', 'mse', 'bce'] as const;

/** Numbers with more different values than this are predicted as numbers, not as classes. */
const mostNumberedClasses = 20;

/**
 * The spec of a training whose loss is not said: of texts, booleans and few whole numbers classes, of several columns of 0 and 1 labels, of other
 * targets numbers. Keys that go with one of these alone, such as `targetScaling` and `classWeights`, settle it without a look. What is no table
 * keeps the default.
 *
 * Throws ERR_CONFIG where the keys go with none of them, and what loading throws, naming file, line and column.
 * @param specFor the spec with a loss; may throw ERR_CONFIG where its other keys do not go with it.
 */
export function followTarget(specFor: (loss: LossName) => TrainSpec): FollowedTarget {
  const possible = possibleSpecs(specFor);
  const [first] = possible.values();
  if (!isTable(first!.data)) return { spec: specFor('cross-entropy'), assumed: [] };
  if (possible.size === 1) return { spec: first!, assumed: [] };
  const { data, preferred, why } = lookAt(possible);
  const loss = preferred.find((name) => possible.has(name))!;
  const spec = possible.get(loss)!;
  return loss === preferred[0] ? { spec, ...(data && { data }), assumed: why } : { spec, assumed: [] };
}

/** The specs of the losses that the other keys go with. */
function possibleSpecs(specFor: (loss: LossName) => TrainSpec): ReadonlyMap<LossName, TrainSpec> {
  const specs = new Map<LossName, TrainSpec>();
  let refusal: unknown;
  for (const loss of followed) {
    try {
      const spec = specFor(loss);
      // Only classes can be alike in each part.
      if (loss === 'cross-entropy' || !spec.stratify) specs.set(loss, spec);
    } catch (error) {
      refusal ??= error;
    }
  }
  if (specs.size === 0) throw refusal;
  return specs;
}

interface Look {
  /** The losses that fit the target, the best first, and the table as that one reads it. */
  readonly preferred: readonly LossName[];
  readonly data?: LoadedData;
  readonly why: readonly string[];
}

/** Loads the targets as numbers; where they are texts, or few whole numbers, as classes, and where there are several of these, as labels. */
function lookAt(possible: ReadonlyMap<LossName, TrainSpec>): Look {
  const [some] = possible.values();
  const { stratify: _, ...request } = dataRequest(possible.get('mse') ?? some!);
  let refusal: PlainError | undefined;
  try {
    const data = loadData({ ...request, numericTargets: true });
    const look = lookAtNumbers(data);
    if (look !== undefined) return look;
  } catch (error) {
    refusal = toPlain(error);
    if (refusal.code !== 'ERR_DATA' && refusal.code !== 'ERR_CONFIG') throw error;
  }
  try {
    return lookAtClasses(loadData(dataRequest(possible.get('cross-entropy') ?? some!)), refusal);
  } catch (error) {
    const labels = possible.get('bce');
    if (labels === undefined || refusal === undefined || toPlain(error).details['path'] !== 'target') throw error;
    try {
      return { preferred: ['bce'], data: loadData(dataRequest(labels)), why: ['the targets say yes or no, so each is taken for a label of its own'] };
    } catch {
      throw error;
    }
  }
}

/** Undefined for the few whole numbers of classes. */
function lookAtNumbers(data: LoadedData): Look | undefined {
  const { targets, size } = data.train;
  const width = targets!.length / size;
  const different = new Set(targets);
  if (width > 1) {
    if ([...different].every((value) => value === 0 || value === 1)) {
      return { preferred: ['bce', 'mse'], why: ['the targets are 0 or 1 in every row, so each is taken for a label of its own: loss=mse predicts them as numbers'] };
    }
    return { preferred: ['mse', 'bce'], data, why: ['there are several targets, so they are predicted as numbers'] };
  }
  if (different.size <= mostNumberedClasses && [...different].every(Number.isInteger)) return undefined;
  const what = different.size > mostNumberedClasses ? 'the target has many different numbers' : 'the target has numbers that are not whole';
  return { preferred: ['mse', 'cross-entropy'], data, why: [`${what}, so they are predicted as numbers: loss=cross-entropy takes them for classes`] };
}

/** @param refusal why the target is no number. */
function lookAtClasses(data: LoadedData, refusal: PlainError | undefined): Look {
  const { classNames } = data.train;
  const numbers = classNames.filter((name) => parseNumber(name.trim()) !== undefined).length;
  // Nearly all numbers, and many: the odd cell is what is wrong.
  if (refusal !== undefined && classNames.length > mostNumberedClasses && numbers > classNames.length / 2) throw fromPlain(refusal);
  const why = numbers === classNames.length ? [`the target has ${String(classNames.length)} different whole numbers, which are taken for classes: loss=mse predicts them as numbers`] : [];
  return { preferred: ['cross-entropy', 'mse', 'bce'], data, why };
}
