import { refine, count, flag, unionOf, listOf, numberOrNaN, nullOr, number, objectOf, oneOf, optional, shapeOf, recordOf, text } from '../files/shape';
import type { Shape } from '../files/shape';
import type { TrainSpec } from '../spec/spec';
import type { DecisionEvent, SearchMonitor, SearchResult, TrialEvent, UnitEvent } from './events';
import type { JournalEntry, ParameterImportances, RankedTrial, SearchHead, SearchReport, Significance } from './records';
import type { SearchSpec } from './searchSpec';
import type { Assignment, Domain, Parameter, ParameterValue } from './types';

// Shapes of the files that a search writes. No file is read here, because the dashboard's page imports this module too.

const isValue = (value: unknown): boolean =>
  value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value) || (Array.isArray(value) && value.every(isValue));
const parameterValue = shapeOf<ParameterValue>('a text, a number, true, false, null or a list of them', isValue);
const assignment: Shape<Assignment> = recordOf(parameterValue);
const positive = shapeOf<number>('a whole number above 0', (value) => Number.isSafeInteger(value) && (value as number) > 0);
const share = shapeOf<number>('a number in (0, 1]', (value) => typeof value === 'number' && value > 0 && value <= 1);
const spec = shapeOf<TrainSpec>('an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const reason = objectOf<NonNullable<DecisionEvent['reason']>>({ code: text, message: text });

interface Bounds { readonly low: number; readonly high: number }
const inOrder = ({ low, high }: Bounds): boolean => low < high;
const range = refine(objectOf<Bounds>({ low: number, high: number }), 'low < high', inOrder) as Shape<unknown> as Shape<Domain>;
const integers = refine(objectOf<Bounds & { readonly step: number }>({ low: number, high: number, step: positive }), 'low < high', inOrder) as Shape<unknown> as Shape<Domain>;
const choice = objectOf<{ readonly values: readonly ParameterValue[] }>({
  values: refine(listOf(parameterValue), 'one or more values', ({ length }) => length > 0),
}) as Shape<unknown> as Shape<Domain>;

/** The spec of a search, as far as pictures and tables need it; to resume a search parses it in full. */
const searchSpec = objectOf<SearchSpec>({
  space: objectOf<SearchSpec['space']>({
    base: spec,
    parameters: listOf(objectOf<Parameter>({
      name: text,
      domain: unionOf<Domain>('type', { 'uniform': range, 'log-uniform': range, 'integer': integers, 'log-integer': integers, choice }),
      points: positive,
      when: recordOf(listOf(parameterValue)),
    })),
  }),
  sampler: oneOf('grid', 'random', 'tpe'),
  seed: count,
  trials: nullOr(positive),
  pruner: oneOf('asha', 'none'),
  eta: refine(count, 'a whole number in [2, 100]', (value) => value >= 2 && value <= 100),
  minShare: share,
  folds: positive,
  seeds: positive,
});

const limits = { workers: positive, threads: positive, trials: nullOr(positive), budget: nullOr(number) };

const monitor = optional(objectOf<SearchMonitor>({ metric: text, better: oneOf('higher', 'lower') }));

/** The first line of a journal. */
export const headShape = objectOf<SearchHead & { readonly elapsed: number }>({
  type: oneOf('search'), elapsed: number, name: text, startedAt: text, version: text, spec: searchSpec, monitor, data: text, dataDigest: text, ...limits,
  shared: optional(recordOf(text)),
});

type Entry<Type extends JournalEntry['type']> = Extract<JournalEntry, { readonly type: Type }>;

/** Any line of a journal. */
export const entryShape = unionOf<JournalEntry>('type', {
  search: headShape,
  resume: objectOf<Entry<'resume'>>({ type: oneOf('resume'), elapsed: number, at: text, ...limits }),
  trial: objectOf<TrialEvent & { readonly elapsed: number }>({
    type: oneOf('trial'), elapsed: number, trial: count, assignment, runs: refine(listOf(text), 'one or more runs', ({ length }) => length > 0), steps: listOf(positive),
  }),
  begun: objectOf<Entry<'begun'>>({
    type: oneOf('begun'), elapsed: number, trial: count, rung: count, replicate: count, host: optional(text), pid: optional(count),
  }),
  unit: objectOf<UnitEvent & { readonly elapsed: number }>({
    type: oneOf('unit'), elapsed: number, trial: count, rung: count, replicate: count, score: numberOrNaN, rows: optional(count), step: count, seconds: number,
    curve: optional(listOf(listOf(numberOrNaN, 2) as Shape<readonly [number, number]>)),
  }),
  decision: refine(objectOf<DecisionEvent & { readonly elapsed: number }>({
    type: oneOf('decision'), elapsed: number, trial: count, what: oneOf('promoted', 'pruned', 'finished', 'failed'), rung: count,
    score: optional(numberOrNaN), std: optional(numberOrNaN), reason: optional(reason),
  }), 'a reason', ({ what, reason: why }) => what !== 'failed' || why !== undefined),
  dropped: objectOf<Entry<'dropped'>>({ type: oneOf('dropped'), elapsed: number, trial: count }),
  ended: objectOf<Entry<'ended'>>({ type: oneOf('ended'), elapsed: number }),
});

const runs = refine(listOf(text), 'one or more runs', ({ length }) => length > 0);
const scores = { score: numberOrNaN, scoreStd: optional(numberOrNaN), valAccuracy: optional(numberOrNaN), valAccuracyStd: optional(numberOrNaN) };
/** Reports of earlier versions have accuracies alone, which are the scores. */
function scored<T extends { readonly score: number; readonly valAccuracy?: number | undefined; readonly valAccuracyStd?: number | undefined }>(shape: Shape<T>): Shape<T> {
  return (value, at) => {
    const read = shape(value, at);
    const { score, valAccuracy, valAccuracyStd } = read;
    return Number.isNaN(score) && valAccuracy !== undefined ? { ...read, score: valAccuracy, ...(valAccuracyStd !== undefined && { scoreStd: valAccuracyStd }) } : read;
  };
}
const best = scored(objectOf<NonNullable<SearchResult['best']>>({
  trial: count, ...scores, assignment, spec, run: text, runs,
}));

/** Contents of search.json. */
export const reportShape = refine(objectOf<SearchReport>({
  type: oneOf('result'), name: text, ended: oneOf('finished', 'budget', 'stopped'), best: nullOr(best),
  trials: count, finished: count, pruned: count, failed: count, seconds: number,
  ranking: listOf(scored(objectOf<RankedTrial>({
    trial: count, assignment, runs, rung: count, step: count, ...scores, finished: flag, seconds: number,
  }))),
  importances: nullOr(objectOf<ParameterImportances>({
    rung: count, method: text as Shape<unknown> as Shape<ParameterImportances['method']>, trees: count, trials: count, r2: numberOrNaN,
    parameters: listOf(objectOf<ParameterImportances['parameters'][number]>({ name: text, importance: numberOrNaN })),
  })),
  significance: nullOr(objectOf<Significance>({
    winner: count, runnerUp: count, method: text as Shape<unknown> as Shape<Significance['method']>, rows: count, resamples: count, difference: numberOrNaN,
    interval: listOf(numberOrNaN, 2) as Shape<readonly [number, number]>, pValue: numberOrNaN,
  })),
  failures: listOf(objectOf<SearchReport['failures'][number]>({ trial: count, assignment, code: text, message: text })),
}), 'the best trial in the ranking', ({ best: first, ranking }) => first === null || ranking.some(({ trial }) => trial === first.trial));
