import type { TableResult, TablesReport } from '../bench/tables';
import { loadText, markdownTable, placeText } from './bench';
import type { TextTable } from './bench';

/** What results are compared by: the first score decides ranks. */
interface Task {
  readonly scores: readonly { readonly name: 'logLoss' | 'accuracy' | 'r2' | 'rmse'; readonly title: string; readonly isHigherBetter: boolean }[];
}

const tasks: readonly Task[] = [
  { scores: [{ name: 'logLoss', title: 'log loss', isHigherBetter: false }, { name: 'accuracy', title: 'accuracy', isHigherBetter: true }] },
  { scores: [{ name: 'r2', title: 'R²', isHigherBetter: true }, { name: 'rmse', title: 'RMSE', isHigherBetter: false }] },
];

/** A table for each kind of target: a row for each data set, a column for each model, means over the seeds. */
export function tablesTables({ results }: TablesReport): TextTable[] {
  return tasks.flatMap((task) => {
    const own = ofTask(results, task);
    const models = namesOf(own, 'model');
    if (own.length === 0) return [];
    const rows = namesOf(own, 'set').map((set) => {
      const here = own.filter((result) => result.set === set);
      return [set, ...models.map((model) => cellOf(here.filter((result) => result.model === model), task))];
    });
    const titles = [...task.scores.map(({ title }) => title), 'seconds'].join(' / ');
    return [{ headers: [titles, ...models], words: 1, rows }];
  });
}

/** How models compare, in sentences: mean scores and ranks where all of them ran, by the same rows. */
export function tablesVerdicts({ results }: TablesReport, ours: readonly string[]): string[] {
  return tasks.flatMap((task) => {
    const own = ofTask(results, task);
    const peers = namesOf(own, 'model').filter((model) => !ours.includes(model));
    return ours.filter((model) => own.some((result) => result.model === model)).flatMap((model) => {
      const ranked = peers.length === 0 ? [] : task.scores.map(({ name, title, isHigherBetter }) => {
        const { ranks, splits } = meanRanks(own, [model, ...peers], name, isHigherBetter);
        return splits === 0 ? [] : [`Mean rank by ${title} over ${String(splits)} splits: ${ranks.map(([who, rank]) => `${who} ${rank.toFixed(2)}`).join(', ')}.`];
      }).flat();
      return [...ranked, ...peers.flatMap((peer) => pairText(own, model, peer, task))];
    });
  });
}

/** The same as Markdown, with the machine and its load. */
export function tablesMarkdown(report: TablesReport, ours: readonly string[]): string {
  const list = tablesVerdicts(report, ours).map((sentence) => `- ${sentence}\n`).join('');
  return `${placeText('blastrain bench tables', report.at, report.machine)}\n\n${tablesTables(report).map(markdownTable).join('\n')}\n${list}\n${loadText(report.load)}\n`;
}

function ofTask(results: readonly TableResult[], { scores }: Task): TableResult[] {
  return results.filter((result) => scores.every(({ name }) => result[name] !== undefined));
}

function namesOf(results: readonly TableResult[], key: 'model' | 'set'): string[] {
  return [...new Set(results.map((result) => result[key]))];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function cellOf(results: readonly TableResult[], { scores }: Task): string {
  if (results.length === 0) return '';
  const figures = scores.map(({ name }) => scoreText(mean(results.map((result) => result[name]!))));
  return [...figures, secondsText(mean(results.map(({ seconds }) => seconds)))].join(' / ');
}

function scoreText(value: number): string {
  return Math.abs(value) < 100 ? value.toFixed(3) : value.toPrecision(4);
}

function secondsText(seconds: number): string {
  return seconds.toFixed(seconds < 10 ? 1 : 0);
}

/** Mean ranks over the splits on which all of these models ran, the best first; equal scores share the better rank. */
function meanRanks(results: readonly TableResult[], models: readonly string[], score: Task['scores'][number]['name'], isHigherBetter: boolean): {
  ranks: (readonly [model: string, rank: number])[]; splits: number;
} {
  const sums = models.map(() => 0);
  let splits = 0;
  for (const group of splitsOf(results, models)) {
    splits++;
    const values = group.map((result) => (isHigherBetter ? -result[score]! : result[score]!));
    values.forEach((value, i) => { sums[i]! += 1 + values.filter((other) => other < value).length; });
  }
  const ranks = models.map((model, i) => [model, sums[i]! / splits] as const).sort((a, b) => a[1] - b[1]);
  return { ranks, splits };
}

/** The results of these models, in their order, for each split on which all of them ran. */
function splitsOf(results: readonly TableResult[], models: readonly string[]): TableResult[][] {
  const bySplit = new Map<string, TableResult[]>();
  for (const result of results) {
    const key = `${result.set}\n${String(result.seed)}`;
    bySplit.set(key, [...bySplit.get(key) ?? [], result]);
  }
  return [...bySplit.values()].flatMap((group) => {
    const found = models.map((model) => group.find((result) => result.model === model));
    return found.every((result) => result !== undefined) ? [found] : [];
  });
}

/** Mean scores of two models on the splits that both ran on, and how long ours took. */
function pairText(results: readonly TableResult[], model: string, peer: string, { scores }: Task): string[] {
  const splits = splitsOf(results, [model, peer]);
  if (splits.length === 0) return [];
  const [own, other] = [0, 1].map((i) => splits.map((pair) => pair[i]!)) as [TableResult[], TableResult[]];
  const figures = scores.map(({ name, title }) => `${title} ${scoreText(mean(own.map((result) => result[name]!)))} to ${scoreText(mean(other.map((result) => result[name]!)))}`);
  const [seconds, others] = [own, other].map((all) => all.reduce((sum, { seconds: each }) => sum + each, 0)) as [number, number];
  return [`${model} and ${peer} on ${String(splits.length)} splits: ${figures.join(', ')}; ${secondsText(seconds)} s of fitting to ${secondsText(others)} s (${(seconds / others).toFixed(2)} times).`];
}
