import type { SpeedrunEntry, SpeedrunReport } from '../bench/speedrun';
import { loadText, markdownTable, placeText } from './bench';
import type { TextTable } from './bench';

/** A row for each target and contender: mean and deviation of the seeds' times, and how many times ours it is. */
export function speedrunTable({ entries }: SpeedrunReport): TextTable {
  const rows = entries.map((entry) => {
    const first = entries.find(({ target }) => target === entry.target)!;
    const isFirst = first === entry;
    const ratio = isFirst || entry.spread === null || first.spread === null ? '' : `${(entry.spread.mean / first.spread.mean).toFixed(2)}×`;
    return [isFirst ? `${String(entry.target)} %` : '', isFirst ? netText(entry) : '', entry.who, timeText(entry), reachedText(entry), ratio];
  });
  return { headers: ['validation', 'net', 'who', 'seconds', 'seeds', 'ratio'], words: 3, rows };
}

/** Where and when it was measured, and in what precision. */
export function speedrunPlace({ at, machine, entries }: SpeedrunReport): string {
  const precisions = [...new Set(entries.map(({ spec }) => spec.precision))];
  return `${placeText('blastrain speedrun', at, machine)}, ${precisions.join(' and ')}`;
}

/** The report as Markdown: machine, table, load. */
export function speedrunMarkdown(report: SpeedrunReport): string {
  const { load } = report;
  return `${speedrunPlace(report)}\n\n${markdownTable(speedrunTable(report))}\n${loadText(load)}\n`;
}

function netText({ spec: { layers, batchSize, epochs, steps } }: SpeedrunEntry): string {
  return `${layers.join('-')}, batch ${String(batchSize)}, ${epochs === null ? `${String(steps)} steps` : `${String(epochs)} epochs`}`;
}

function timeText({ spread }: SpeedrunEntry): string {
  if (spread === null) return 'never';
  return `${spread.mean.toFixed(2)}${Number.isNaN(spread.std) ? '' : ` ± ${spread.std.toFixed(2)}`}`;
}

/** How many of the seeds reached the target. */
function reachedText({ seconds }: SpeedrunEntry): string {
  return `${String(seconds.filter((time) => time !== null).length)} of ${String(seconds.length)}`;
}
