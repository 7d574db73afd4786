import { BlastrainError } from '../../errors';
import type { Columns } from '../../history/curves/columns';
import { tables } from '../../history/curves/runSeries';
import type { RunSeries, TableName } from '../../history/curves/runSeries';
import type { CurvesAnswer, CurvesState, TablePart } from '../api';
import { MetricsReader } from './metricsReader';

/** What a page asks for of a run's curves. */
export interface CurvesRequest {
  readonly names: readonly TableName[];
  /** Steps. */
  readonly from: number;
  readonly to: number;
  /** At most so many points of a column. */
  readonly points: number;
  /** What the page has, of which only what follows is sent; nothing of it where `version` is another. */
  readonly version: string;
  readonly known: Readonly<Partial<Record<TableName, { readonly stride: number; readonly rows: number }>>>;
}

const [defaultPoints, maxPoints] = [1500, 10_000];
/** Numbers of a table in one answer, about; a net of many layers has many columns. */
const maxNumbers = 60_000;
/** Columns that tell where a row is; the points of others are drawn over them. */
const axes = ['step', 'epoch', 'seconds'];

/** Reads a request's query. Throws ERR_CONFIG. */
export function curvesRequest(query: URLSearchParams): CurvesRequest {
  const number = (name: string, fallback: number): number => {
    const given = query.get(name);
    const value = given === null ? fallback : Number(given);
    if (Number.isNaN(value)) throw new BlastrainError('ERR_CONFIG', `Expected a number for ${name} but received ${given!}`);
    return value;
  };
  const asked = query.get('tables')?.split(',');
  const known = Object.fromEntries((query.get('known') ?? '').split(',').map((one) => {
    const [name, stride, rows] = one.split(':');
    return [name, { stride: Number(stride), rows: Number(rows) }];
  })) as CurvesRequest['known'];
  return {
    names: tables.filter((name) => asked?.includes(name) ?? true), known, version: query.get('version') ?? '',
    from: number('low', -Infinity), to: number('high', Infinity), points: Math.max(1, Math.min(maxPoints, number('points', defaultPoints))),
  };
}

/** The curves of a run as far as they were read. */
export function curvesOf({ series, version, read, size, hasMore }: MetricsReader, { names, from, to, points, version: theirs, known }: CurvesRequest): CurvesAnswer {
  const parts: Partial<Record<TableName, TablePart>> = {};
  for (const name of names) {
    const table = series.tables[name];
    // With the points beside it, which lines lead to.
    const first = Math.max(0, table.indexOf(from) - 1);
    const end = Math.min(table.length, table.indexOf(to) + 2);
    parts[name] = partOf(table, first, end, points, version === theirs ? known[name] : undefined);
  }
  return { version, read, size, hasMore, state: stateOf(series), tables: parts };
}

/** The curves of a run that is read to its end, in as many points as a wide chart has pixels, twice over. Throws ERR_IO. */
export function curvesOfFile(file: string): CurvesAnswer {
  const reader = new MetricsReader(file);
  do reader.advance();
  while (reader.hasMore);
  return curvesOf(reader, curvesRequest(new URLSearchParams({ points: '4000' })));
}

function partOf(table: Columns, from: number, end: number, points: number, known?: { readonly stride: number; readonly rows: number }): TablePart {
  const { names } = table;
  const limit = Math.max(50, Math.min(points, Math.floor(maxNumbers / names.length)));
  let stride = 1;
  while ((end - from) / stride > limit) stride *= 2;
  const begin = from - (from % stride);
  // A last point that was of fewer rows is sent again.
  const first = known?.stride === stride ? Math.min(end, Math.max(begin, known.rows - (known.rows % stride))) : begin;
  const columns: Record<string, number[]> = {};
  const ranges: Record<string, { low: number[]; high: number[] }> = {};
  for (const name of names) {
    if (stride === 1) columns[name] = Array.from(table.column(name).subarray(first, end));
    else if (name === 'weight') columns[name] = table.sums(name, first, end, stride);
    else {
      const { mean, low, high } = table.bucketed(name, first, end, stride, name === 'loss' && names.includes('weight') ? 'weight' : undefined);
      columns[name] = mean;
      if (!axes.includes(name)) ranges[name] = { low, high };
    }
  }
  const ends = Object.fromEntries(axes.filter((name) => names.includes(name) && table.length > 0).map((name) => {
    const values = table.column(name);
    return [name, [values[0]!, values[values.length - 1]!] as const];
  }));
  return { count: table.length, ends, stride, first, columns, ranges };
}

function stateOf({ history, tables: { steps }, step }: RunSeries): CurvesState {
  const { start, result, best, lastEvaluation, epochs, health, warnings, isRegression, hasAccuracy, hasRmse } = history;
  const rates = steps.column('learningRate');
  return {
    start: start ?? null, result: result ?? null, step, best: best ?? null, lastEvaluation: lastEvaluation ?? null, lastEpoch: epochs.at(-1) ?? null,
    lastHealth: health.at(-1) ?? null, warnings, learningRate: rates[rates.length - 1] ?? null, isRegression, hasAccuracy, hasRmse,
  };
}
