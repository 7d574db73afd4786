import { failureWord } from '../../history/outcome';
import type { Entry, KeyValue, RunEntry } from '../api';

// Used by the page and by the terminal: nothing here needs Node.

/** A value of an entry; of a list each value counts. */
export type Value = string | number | boolean | readonly string[];

/** How values are shown. */
export type Unit = 'number' | 'share' | 'score' | 'count' | 'seconds' | 'milliseconds' | 'time' | 'text';

/** Something that entries are filtered, sorted and grouped by: a column of the table. */
export interface Field {
  /** As in queries: the name of a spec's key, of a metric, or a word of its own. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly kind: 'run' | 'result' | 'key';
  /** Undefined where an entry has no such value. */
  readonly of: (entry: Entry) => Value | undefined;
  /** What it is sorted by, where that is not the value: higher is better then. */
  readonly rank?: (entry: Entry) => number | undefined;
}

/** Other names of fields, as people type them. */
const aliases: Readonly<Record<string, string>> = {
  lr: 'learningRate', wd: 'weightDecay', bs: 'batchSize', batch: 'batchSize', optim: 'optimizer', opt: 'optimizer', act: 'activation',
  acc: 'valAccuracy', accuracy: 'valAccuracy', rmse: 'valRmse', tags: 'tag', notes: 'note', status: 'state', run: 'name', time: 'seconds', duration: 'seconds',
  date: 'started', params: 'parameters', epochsDone: 'epoch',
};

function run<T>(of: (entry: RunEntry) => T | null | undefined): (entry: Entry) => T | undefined {
  return (entry) => (entry.kind === 'run' ? of(entry) ?? undefined : undefined);
}

/** The state of an entry and, where that is another, the word that it is shown by. */
export function stateWords({ kind, state, failure }: Entry): readonly string[] {
  if (kind === 'run' && state === 'failed' && failure !== null) return [...new Set([failureWord(failure), state])];
  return kind === 'run' && state === 'unfinished' ? ['interrupted', state] : [state];
}

const result = (id: string, title: string, unit: Unit, of: Field['of'], rank?: Field['rank']): Field => ({ id, title, unit, kind: 'result', of, ...(rank !== undefined && { rank }) });
const fact = (id: string, title: string, unit: Unit, of: Field['of']): Field => ({ id, title, unit, kind: 'run', of });

/** What it says of an entry where less is better. */
const least = (value: number | null | undefined): number | undefined => (typeof value === 'number' ? -value : undefined);

/** The validation score that lists show: the accuracy, of a regression the root mean squared error, of a search what its trials are compared by. */
function validation(entry: Entry): number | undefined {
  return entry.valAccuracy ?? entry.valRmse ?? (entry.kind === 'search' ? entry.score ?? undefined : undefined);
}

const fixed: readonly Field[] = [
  fact('name', 'run', 'text', ({ name, labels: { title } }) => (title === undefined ? name : [title, name])),
  fact('kind', 'kind', 'text', ({ kind }) => kind),
  fact('state', 'state', 'text', stateWords),
  fact('tag', 'tags', 'text', ({ labels: { tags = [] } }) => tags),
  fact('note', 'note', 'text', ({ labels: { note } }) => note),
  fact('started', 'started', 'time', ({ startedAt }) => startedAt ?? undefined),
  fact('step', 'step', 'count', run(({ step }) => step)),
  fact('epoch', 'epoch', 'number', run(({ epoch }) => epoch)),
  fact('parameters', 'parameters', 'count', run(({ parameters }) => parameters)),
  fact('seconds', 'time', 'seconds', run(({ seconds }) => seconds)),
  fact('stepMilliseconds', 'ms a step', 'milliseconds', run(({ stepMilliseconds }) => stepMilliseconds)),
  result('best', 'best', 'score', (entry) => (entry.kind === 'run' ? entry.best?.value : validation(entry)), (entry) => {
    if (entry.kind === 'run') return entry.best?.better === 'lower' ? -entry.best.value : entry.best?.value;
    return entry.valAccuracy ?? least(entry.valRmse) ?? (entry.kind === 'search' ? entry.score ?? undefined : undefined);
  }),
  result('val', 'validation', 'score', validation, (entry) => entry.valAccuracy ?? least(entry.valRmse) ?? validation(entry)),
  result('train', 'train', 'score', run(({ trainAccuracy, trainRmse }) => trainAccuracy ?? trainRmse), run(({ trainAccuracy, trainRmse }) => trainAccuracy ?? least(trainRmse))),
  result('test', 'test', 'score', ({ testAccuracy, testRmse }) => testAccuracy ?? testRmse ?? undefined, ({ testAccuracy, testRmse }) => testAccuracy ?? least(testRmse)),
  result('valLoss', 'validation loss', 'number', run(({ valLoss }) => valLoss)),
  result('trainLoss', 'training loss', 'number', run(({ trainLoss }) => trainLoss)),
  result('testLoss', 'test loss', 'number', ({ testLoss }) => testLoss ?? undefined),
  result('valAccuracy', 'validation accuracy', 'share', ({ valAccuracy }) => valAccuracy ?? undefined),
  result('trainAccuracy', 'training accuracy', 'share', run(({ trainAccuracy }) => trainAccuracy)),
  result('testAccuracy', 'test accuracy', 'share', ({ testAccuracy }) => testAccuracy ?? undefined),
  result('valRmse', 'validation RMSE', 'number', ({ valRmse }) => valRmse ?? undefined),
  result('trainRmse', 'training RMSE', 'number', run(({ trainRmse }) => trainRmse)),
  result('testRmse', 'test RMSE', 'number', ({ testRmse }) => testRmse ?? undefined),
];

/** All fields of some entries: those of every run, and the keys of their specs. */
export class Fields {
  readonly all: readonly Field[];
  private readonly byId: ReadonlyMap<string, Field>;

  /** @param defaults all keys of specs with their defaults. */
  constructor(entries: readonly Entry[], private readonly defaults: Readonly<Record<string, KeyValue>>) {
    const keys = new Set(Object.keys(defaults));
    const notNumbers = new Set(Object.entries(defaults).filter(([, value]) => value !== null && typeof value !== 'number').map(([key]) => key));
    for (const entry of entries) {
      if (entry.kind !== 'run') continue;
      for (const [key, value] of Object.entries(entry.keys)) {
        keys.add(key);
        if (value !== null && typeof value !== 'number') notNumbers.add(key);
      }
    }
    const taken = new Set(fixed.map(({ id }) => id));
    this.all = [...fixed, ...[...keys].filter((key) => !taken.has(key)).map((key): Field => ({
      id: key, title: key, unit: notNumbers.has(key) ? 'text' : 'number', kind: 'key', of: run(({ keys: own }) => (Object.hasOwn(own, key) ? own[key] : defaults[key])),
    }))];
    this.byId = new Map(this.all.map((field) => [field.id.toLowerCase(), field]));
  }

  /** By its name, whatever its case, or another one that people use. */
  find(name: string): Field | undefined {
    const lower = name.toLowerCase();
    return this.byId.get(lower) ?? this.byId.get((Object.hasOwn(aliases, lower) ? aliases[lower]! : '').toLowerCase());
  }

  /** Names for suggestions. */
  get names(): readonly string[] {
    return [...this.all.map(({ id }) => id), ...Object.keys(aliases)];
  }

  /** Keys that differ between some runs, the most telling first: those with fewer values, as a name or a seed of each run tells little. */
  differing(entries: readonly Entry[]): readonly Field[] {
    const runs = entries.filter((entry) => entry.kind === 'run');
    const counted = this.all.filter(({ kind }) => kind === 'key').map((field) => ({ field, values: new Set(runs.map((entry) => JSON.stringify(field.of(entry)))).size }));
    return counted.filter(({ values }) => values > 1).sort((a, b) => Number(a.values === runs.length && runs.length > 2) - Number(b.values === runs.length && runs.length > 2)).map(({ field }) => field);
  }

  /** Whether all runs have the default of a key. */
  isDefault(key: string, entry: Entry): boolean {
    return entry.kind === 'run' && !Object.hasOwn(entry.keys, key) && Object.hasOwn(this.defaults, key);
  }
}
