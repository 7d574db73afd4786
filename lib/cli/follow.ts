import { RunHistory } from '../history/runHistory';
import type { TrainingRun } from '../run/train';
import type { ResultEvent, StartEvent, TrainEvent } from '../train/events';
import { jsonLine, printable } from '../text';
import { interruptible } from './interrupt';
import { formatCount } from './terminal/format';
import { terminalOf, wrap } from './terminal/style';
import { TrainingProgress } from './terminal/trainingProgress';

/** The first and the last event of a run that ended. */
export interface Followed {
  readonly start: StartEvent;
  readonly result: ResultEvent;
}

/**
 * Shows a run's events as they come, prints them as lines of JSON, or says nothing; returns its start and its result. Ctrl-C asks the run
 * to stop. `observe` is given every event too.
 */
export async function follow(run: TrainingRun, show: 'progress' | 'json' | 'nothing', observe?: (event: TrainEvent) => void): Promise<Followed> {
  const progress = show === 'progress' ? new TrainingProgress() : undefined;
  return interruptible(() => { run.stop(); }, async () => {
    const history = new RunHistory(1);
    try {
      for await (const event of run) {
        if (show === 'json') process.stdout.write(jsonLine(event));
        else if (show === 'progress' && event.type === 'start') process.stdout.write(heading(event));
        progress?.handle(event);
        observe?.(event);
        history.apply(event);
      }
    } finally {
      progress?.done();
    }
    return { start: history.start!, result: history.result! };
  });
}

function heading({ run, layers, parameters, data, backend, dtype, precision = dtype, threads, seed, from, keepsLastLayer, resumedFrom }: StartEvent): string {
  return (
    `${fitted(`${printable(run)}: ${layers.join('-')} (${formatCount(parameters)} parameters) on ${printable(data)}`)}\n` +
    `${backend} ${precision}, ${String(threads)} thread${threads === 1 ? '' : 's'}, seed ${String(seed)}` +
    (from === undefined ? '' : `\nstarting from ${printable(from)}${keepsLastLayer === false ? ', with a new last layer' : ''}`) +
    `${resumedFrom === undefined ? '' : `, going on from step ${formatCount(resumedFrom)}`}\n`
  );
}

/** Broken between words where a terminal would break it anywhere. */
function fitted(text: string): string {
  const { isTTY, columns } = terminalOf(process.stdout);
  return isTTY ? wrap(text, columns) : text;
}
