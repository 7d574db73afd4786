import { csvLine } from '../../files/csvLine';
import { cellOf, lastScores } from './exportedRun';
import type { ExportedRun } from './exportedRun';

/**
 * Runs as comma-separated values (RFC 4180, with line feeds), a line each: name, state, what it ran on, its last scores, and the keys of its spec
 * in which a run differs from `defaults`. A column that would be empty in every line is left out.
 */
export function runsCsv(runs: readonly ExportedRun[], defaults: Readonly<Record<string, unknown>>): string {
  const scores = runs.map(lastScores);
  const names = [...new Set(scores.flatMap((of) => Object.keys(of)))];
  const keys = [...new Set(runs.flatMap(({ spec }) => Object.keys(spec)))].filter((key) =>
    runs.some(({ spec }) => JSON.stringify(spec[key] ?? null) !== JSON.stringify(defaults[key] ?? null)));
  const table = runs.map((run, i): Readonly<Record<string, string | number>> => ({
    ...rowOf(run), ...pick(names, scores[i]!), ...Object.fromEntries(keys.map((key) => [`spec.${key}`, cellOf(run.spec[key])])),
  }));
  const columns = Object.keys(table[0] ?? { run: '' }).filter((column) => column === 'run' || table.some((row) => row[column] !== ''));
  return [csvLine(columns), ...table.map((row) => csvLine(columns.map((column) => row[column]!)))].map((line) => `${line}\n`).join('');
}

function rowOf({ name, state, failure, record, history: { start, result, step } }: ExportedRun): Readonly<Record<string, string | number>> {
  const { startedAt, data, dataDigest, backend, dtype, threads } = record;
  return {
    run: name, state, ended: result?.ended ?? '', failure: failure ?? '', startedAt, seconds: cellOf(result?.seconds), steps: step, stepsPlanned: cellOf(start?.steps),
    bestStep: cellOf(result?.bestStep), parameters: cellOf(start?.parameters), data, dataDigest, backend, dtype, threads,
  };
}

function pick(names: readonly string[], values: Readonly<Record<string, number>>): Readonly<Record<string, string | number>> {
  return Object.fromEntries(names.map((name) => [name, cellOf(values[name])]));
}
