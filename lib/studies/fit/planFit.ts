import { tableWarnings } from '../../data/columns/warnings';
import { loadData } from '../../data/sources';
import type { LoadedData } from '../../data/sources';
import type { LossName } from '../../model/loss';
import { losses } from '../../model/losses';
import { presetFor } from '../../spec/presets';
import { moduleKey } from '../../spec/modules';
import { applyChanges, dataRequest, parseSpec, withBatchSize } from '../../spec/spec';
import type { TrainSpec } from '../../spec/spec';
import { columnFacts, targetFacts } from './columnFacts';
import type { ColumnFacts } from './columnFacts';
import { followTarget } from './followTarget';
import type { FollowedTarget } from './followTarget';

/** What is to be fitted: a table or pictures, and the keys of the spec that are said. */
export interface FitRequest {
  readonly preset: string;
  /** Keys that replace the preset's and what follows from the table; `dataFile`, or `data` and `dataFolder`, among them. */
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

/**
 * Loads a table and settles what is not said about its training: whether classes or numbers are predicted, a split that keeps the shares of
 * the classes, the batch size. Throws ERR_CONFIG and ERR_DATA, naming file, line and column, as the loaders and `parseSpec` do.
 */
export function planFit({ preset, keys }: FitRequest): FitPlan {
  const { spec, data, assumed: why }: FollowedTarget = keys['loss'] === undefined
    ? followTarget((loss) => specFor(preset, loss, keys)) : { spec: specFor(preset, keys['loss'] as LossName, keys), assumed: [] };
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
    ...presetFor(preset, loss), loss, ...moduleKey(),
    ...(isClasses && !isDivided && { stratify: true }),
  };
  return parseSpec(applyChanges(base, keys));
}
