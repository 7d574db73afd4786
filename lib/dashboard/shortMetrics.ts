import { readRunHistory } from '../history/readRunHistory';
import type { RunHistory } from '../history/runHistory';
import { thinned } from '../report/drawing/thin';

/** Events of a kind in an exported page, about: as many as a wide chart has pixels, four times over. */
const maxEvents = 8000;
/** Warnings, which a run may repeat at every evaluation. */
const maxWarnings = 200;

type Event = Readonly<Record<string, unknown>> & { readonly step?: number };

/**
 * The events of a run's metrics.jsonl that a page needs, in their order: of a long run the first, the last and the extremes of equal shares.
 * Throws ERR_IO where the file cannot be read.
 */
export function shortMetrics(file: string): Event[] {
  const history = readRunHistory(file);
  const { start, result, warnings, checkpoints } = history;
  const shown = [...shortLists(history), ...checkpoints.slice(-1), ...warnings.slice(0, maxWarnings)];
  // A stable sort: what stands first at a step is what a run writes first.
  shown.sort((a, b) => (a.step ?? 0) - (b.step ?? 0));
  return [start, ...shown, result].filter((event) => event !== undefined) as unknown as Event[];
}

function shortLists({ steps, evaluations, epochs, health, best }: RunHistory): { readonly step?: number }[] {
  const kept = <T>(list: readonly T[], value: (event: T) => number): T[] => thinned(list.map(value), maxEvents).map((i) => list[i]!);
  const shown = kept(evaluations, ({ valLoss }) => valLoss);
  if (best !== undefined && !shown.includes(best)) shown.splice(shown.findIndex(({ step }) => step > best.step), 0, best);
  return [
    ...kept(steps, ({ loss }) => loss), ...shown, ...kept(epochs, ({ samplesPerSecond }) => samplesPerSecond),
    ...kept(health, ({ layers }) => Math.max(...layers.map(({ updateRatio }) => updateRatio))),
  ];
}
