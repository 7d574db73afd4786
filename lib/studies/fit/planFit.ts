import { fromPlain, toPlain } from '../../errors';
import type { PlainError } from '../../errors';
import { tableWarnings } from '../../data/columns/warnings';
import { loadData } from '../../data/sources';
import type { LoadedData } from '../../data/sources';
import type { LossName } from '../../model/loss';
import { losses } from '../../model/losses';
import { parseNumber } from '../../numbers';
import { presetFor } from '../../spec/presets';
import { applyChanges, dataRequest, parseSpec, withBatchSize } from '../../spec/spec';
import type { TrainSpec } from '../../spec/spec';
import { columnFacts, targetFacts } from './columnFacts';
import type { ColumnFacts } from './columnFacts';

/** What is to be fitted: a table, and the keys of the spec that are said. */
export interface FitRequest {
  readonly preset: string;
  /** Keys that replace the preset's and what follows from the table; `dataFile` among them. */
  readonly keys: Readonly<Record<string, unknown>>;
}

/** What was understood of a table, and the training that follows from it. */
export interface FitPlan {
  readonly preset: string;
  readonly spec: TrainSpec;
  readonly data: LoadedData;
  readonly target: readonly ColumnFacts[];
  readonly columns: readonly ColumnFacts[];
  /** What was assumed, in phrases. */
  readonly assumed: readonly string[];
  /** What often is a mistake, in sentences without a full stop. */
  readonly warnings: readonly string[];
}

/** Numbers with more different values than this are predicted as numbers, not as classes. */
const mostNumberedClasses = 20;

/**
 * Loads a table and settles what is not said about its training: whether classes or numbers are predicted, a split that keeps the shares of
 * the classes, the batch size. Throws ERR_CONFIG and ERR_DATA, naming file, line and column, as the loaders and `parseSpec` do.
 */
export function planFit({ preset, keys }: FitRequest): FitPlan {
  const { data, loss, why } = keys['loss'] === undefined ? guessLoss(preset, keys) : { data: undefined, loss: keys['loss'] as LossName, why: [] };
  const spec = specFor(preset, loss, keys);
  const loaded = data ?? loadData(dataRequest(spec));
  const { train, validation } = loaded;
  const isAlone = validation.size === 0 && keys['restoreBest'] === undefined;
  const assumed = [...(loaded.origin.notes ?? []), ...why, ...(isAlone ? ['there are no validation rows to choose the best epoch by'] : [])];
  return {
    preset, data: loaded, assumed,
    spec: withBatchSize(isAlone ? parseSpec({ ...spec, ...withoutValidation }) : spec, train.size),
    target: targetFacts(train),
    columns: columnFacts(train),
    warnings: tableWarnings(train).map(({ message }) => message),
  };
}

/** Keys that go by validation rows, as they are where there are none. */
const withoutValidation: Partial<TrainSpec> = { restoreBest: false, earlyStopping: null, calibration: 'none' };

/** The preset for a loss, with what goes without saying for a table, and the keys that are said. */
function specFor(preset: string, loss: LossName, keys: Readonly<Record<string, unknown>>): TrainSpec {
  const isClasses = Object.hasOwn(losses, loss) && losses[loss].predicts === 'classes';
  const isDivided = ['splitColumn', 'timeColumn'].some((key) => keys[key] !== undefined && keys[key] !== null);
  const base = {
    ...presetFor(preset, loss), loss,
    ...(isClasses && !isDivided && { stratify: true }),
  };
  return parseSpec(applyChanges(base, keys));
}

/** Loads the targets as numbers; where they are texts, or few whole numbers, as classes. */
function guessLoss(preset: string, keys: FitRequest['keys']): { data: LoadedData; loss: LossName; why: string[] } {
  let refusal: PlainError | undefined;
  try {
    const data = loadData(dataRequest(specFor(preset, 'mse', { ...keys, ...keysOfNumbers(keys) })));
    const different = new Set(data.train.targets);
    const width = data.train.targets!.length / data.train.size;
    const isNumbered = width === 1 && different.size <= mostNumberedClasses && [...different].every(Number.isInteger);
    if (!isNumbered) {
      const what = width > 1 ? 'there are several targets' : different.size > mostNumberedClasses ? 'the target has many different numbers' : 'the target has numbers that are not whole';
      return { data, loss: 'mse', why: [`${what}, so they are predicted as numbers${width > 1 ? '' : ': loss=cross-entropy takes them for classes'}`] };
    }
  } catch (error) {
    refusal = toPlain(error);
    if (refusal.code !== 'ERR_DATA' && refusal.code !== 'ERR_CONFIG') throw error;
  }
  const data = loadData(dataRequest(specFor(preset, 'cross-entropy', keys)));
  const { classNames } = data.train;
  const numbers = classNames.filter((name) => parseNumber(name.trim()) !== undefined).length;
  // Nearly all numbers, and many: the odd cell is what is wrong.
  if (refusal !== undefined && classNames.length > mostNumberedClasses && numbers > classNames.length / 2) throw fromPlain(refusal);
  const isNumbered = numbers === classNames.length;
  return { data, loss: 'cross-entropy', why: isNumbered ? [`the target has ${String(classNames.length)} different whole numbers, which are taken for classes: loss=mse predicts them as numbers`] : [] };
}

/** Keys that only classes have do not stand in the way of finding out that there are none. */
function keysOfNumbers(keys: FitRequest['keys']): Record<string, undefined> {
  const ofClasses = ['stratify', ...Object.keys(losses['cross-entropy'].options)];
  return Object.fromEntries(ofClasses.filter((key) => keys[key] !== undefined).map((key) => [key, undefined]));
}
