import { formatCount } from '../numbers';
import type { ColumnFacts } from '../studies/fit/columnFacts';
import type { FitPlan } from '../studies/fit/planFit';
import type { Scores } from '../studies/fit/baselines';
import type { TrainSpec } from '../spec/spec';
import { printable } from '../text';
import { formatKnown, formatPercent, formatSignificant } from './terminal/format';
import { truncate, wrap } from './terminal/style';
import type { Terminal } from './terminal/style';
import { renderTable } from './terminal/table';

/** Sentences and tables keep to this width, into a pipe too: whole values are in --json. */
const widest = 80;
/** Columns that the table lists; --json has all. */
const mostColumns = 60;
/** Names longer than this are cut. */
const longestName = 20;
/** Categories that a row of the table names. */
const mostCategories = 8;

/** What was understood of a table, for people: its columns, what was assumed, what may be a mistake, the split and the training. */
export function renderPlan({ target, columns, assumed, warnings, data, spec, preset }: FitPlan, terminal: Terminal): string {
  const { train, validation, test } = data;
  const shown = columns.slice(0, mostColumns);
  const table = renderTable(
    [{ header: 'column', align: 'left' }, { header: 'kind', align: 'left' }, { header: 'missing', align: 'right' }, { header: `in ${formatCount(train.size)} training rows`, align: 'left' }],
    [...shown.map((facts) => rowOf(facts, facts.kind, terminal)), ...target.map((facts) => rowOf(facts, facts.kind === 'classes' ? 'target, classes' : 'target, number', terminal))],
    narrow(terminal),
  );
  const more = columns.length > shown.length ? paragraph(`and ${formatCount(columns.length - shown.length)} more columns, which --json lists`) : '';
  const by = spec.splitColumn !== null ? ` by ${spec.splitColumn}` : spec.timeColumn !== null ? `, the newest by ${spec.timeColumn}`
    : `${spec.stratify ? ', classes alike' : ''}${spec.groupColumn === null ? '' : `, each ${spec.groupColumn} in one part`}`;
  return `${table}${more}\n` +
    assumed.map((phrase) => paragraph(`Assumed: ${phrase}`)).join('') +
    warnings.map((sentence) => paragraph(`Warning: ${sentence}`)).join('') +
    paragraph(`Split: ${formatCount(train.size)} rows to train, ${formatCount(validation.size)} to choose the best epoch, ${formatCount(test.size)} to test${by}`) +
    paragraph(`Preset ${preset}: ${spec.hidden === null ? '' : `hidden layers ${spec.hidden.join(', ')}; `}batches of ${String(spec.batchSize)}, ${lengthOf(spec)}`);
}

function lengthOf({ epochs, steps, maxSeconds }: TrainSpec): string {
  return `${epochs === null ? `${String(steps)} steps` : `${String(epochs)} epochs`}${maxSeconds === null ? '' : `, at most ${formatSignificant(maxSeconds, 3)} s`}`;
}

/** The same terminal, on which a table is cut to at most {@link widest} characters although it is a pipe. */
function narrow(terminal: Terminal): Terminal {
  return { ...terminal, isTTY: true, columns: Math.min(widest, terminal.columns) };
}

function paragraph(text: string): string {
  return `${wrap(text, widest)}\n`;
}

function rowOf({ name, missing, ...facts }: ColumnFacts, kind: string, { isTTY, unicode }: Terminal): string[] {
  return [truncate(name, isTTY ? longestName : Infinity, unicode), kind, missing === 0 ? '' : missing < 0.001 ? '<0.1 %' : formatPercent(missing), valuesOf(facts)];
}

function valuesOf({ kind, categories, min, max, mean }: Omit<ColumnFacts, 'name' | 'missing'>): string {
  if (categories !== undefined) {
    const named = categories.slice(0, mostCategories).map(({ name, share }) => `${name} ${formatPercent(share, 0)}`).join(', ');
    return categories.length > 2 ? `${formatCount(categories.length)}: ${named}` : named;
  }
  if (min === null || max === null || mean === null || min === undefined || max === undefined || mean === undefined) return '';
  if (kind === 'date') return `${dateOf(min)} to ${dateOf(max)}`;
  return min === max ? `${short(min)} in all` : `${short(min)} to ${short(max)}, mean ${short(mean)}`;
}

/** A number of five digits or fewer, without zeros at its end. */
function short(value: number): string {
  return String(Number(value.toPrecision(5)));
}

const secondsPerDay = 86_400;

function dateOf(seconds: number): string {
  const text = new Date(1000 * seconds).toISOString();
  return seconds % secondsPerDay === 0 ? text.slice(0, 10) : text.slice(0, 16).replace('T', ' ');
}

/** A model's scores on some rows. */
export interface ScoredModel {
  readonly model: string;
  readonly scores: Scores;
}

const titles: Readonly<Record<string, string>> = {
  accuracy: 'accuracy', logLoss: 'log loss', rocAuc: 'ROC area', r2: 'R²', rmse: 'RMSE', mae: 'MAE', pinball: 'pinball loss',
  miscoverage: 'off by', poissonDeviance: 'deviance',
};

/** Scores of several models on the same rows: value ± standard error. */
export function renderScored(rows: string, models: readonly ScoredModel[], terminal: Terminal): string {
  const names = Object.keys(models[0]!.scores);
  return renderTable(
    [{ header: rows, align: 'left' }, ...names.map((name) => ({ header: Object.hasOwn(titles, name) ? titles[name]! : name, align: 'right' as const }))],
    models.map(({ model, scores }) => [printable(model), ...names.map((name) => withError(name, scores[name]!, terminal))]),
    narrow(terminal),
  );
}

function withError(name: string, { value, error }: { readonly value: number; readonly error: number }, { unicode }: Terminal): string {
  const sign = unicode ? '±' : '+-';
  if (name === 'accuracy' || name === 'miscoverage') return `${(100 * value).toFixed(1)} ${sign} ${(100 * error).toFixed(1)} %`;
  return `${formatKnown(value)} ${sign} ${formatKnown(error, 2)}`;
}
