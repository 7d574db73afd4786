import type { TrainingRun } from '../run/train';
import type { ResultEvent, StartEvent, TrainEvent } from '../train/events';
import { jsonLine, printable } from '../text';
import { interruptible } from './interrupt';
import { TrainingProgress } from './terminal/trainingProgress';

/**
 * Shows a run's events as they come, or prints them as lines of JSON; returns its result. Ctrl-C asks the run to stop.
 * `observe` sees every event too.
 */
export async function follow(run: TrainingRun, json: boolean, observe?: (event: TrainEvent) => void): Promise<ResultEvent> {
  const progress = json ? undefined : new TrainingProgress();
  return interruptible(() => { run.stop(); }, async () => {
    let result: ResultEvent | undefined;
    try {
      for await (const event of run) {
        if (json) process.stdout.write(jsonLine(event));
        else if (event.type === 'start') process.stdout.write(heading(event));
        progress?.handle(event);
        observe?.(event);
        if (event.type === 'result') result = event;
      }
    } finally {
      progress?.done();
    }
    return result!;
  });
}

function heading({ run, layers, parameters, data, backend, dtype, precision = dtype, threads, seed, resumedFrom }: StartEvent): string {
  return (
    `${printable(run)}: ${layers.join('-')} (${parameters.toLocaleString('en')} parameters) on ${printable(data)}\n` +
    `${backend} ${precision}, ${String(threads)} thread${threads === 1 ? '' : 's'}, seed ${String(seed)}` +
    `${resumedFrom === undefined ? '' : `, going on from step ${String(resumedFrom)}`}\n`
  );
}
