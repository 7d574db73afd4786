import type { TrainingData } from '../../lib/build/buildTraining';
import { findResumption } from '../../lib/run/resume';
import { resumedSpec } from '../../lib/run/resumedSpec';
import { runTraining } from '../../lib/run/run';
import { RunFolder } from '../../lib/runFolder/runFolder';
import { parseSpec } from '../../lib/spec/spec';
import type { ResultEvent, TrainEvent } from '../../lib/train/events';
import type { TrainCommand } from '../../lib/train/train';
import { tinyData, tinySpec } from './data/tinyData';

export interface Ran {
  readonly events: readonly TrainEvent[];
  readonly checkpoint: Uint8Array;
  readonly result: ResultEvent;
}

type Experiment = Generator<TrainEvent, Uint8Array, TrainCommand>;

/** Drives a run to its end; `answer` may end it early. */
export function drive(experiment: Experiment, answer: (event: TrainEvent) => TrainCommand = () => undefined): Ran {
  const events: TrainEvent[] = [];
  let command: TrainCommand;
  for (;;) {
    const turn = experiment.next(command);
    if (turn.done === true) return { events, checkpoint: turn.value, result: events[events.length - 1] as ResultEvent };
    events.push(turn.value);
    command = answer(turn.value);
  }
}

/** Runs {@link tinySpec} with changes, on {@link tinyData} unless told otherwise. */
export function run(spec: object, options: { data?: TrainingData; place?: RunFolder; stopAt?: number } = {}): Ran {
  const { data = tinyData(), place, stopAt } = options;
  return drive(
    runTraining(parseSpec({ ...tinySpec, ...spec }), data, 'run', place),
    (event) => (stopAt !== undefined && 'step' in event && event.step === stopAt ? 'stop' : undefined),
  );
}

/** Goes on with the run in a folder, as a fresh process would. */
export function resume(
  path: string, changes: object = {}, options: { data?: TrainingData; answer?: (event: TrainEvent) => TrainCommand } = {},
): Ran {
  const spec = resumedSpec(path, { ...changes });
  const resumption = findResumption(path, spec);
  const folder = RunFolder.reopen(path);
  try {
    return drive(runTraining(spec, options.data ?? tinyData(), resumption.record.name, folder, resumption), options.answer);
  } finally {
    folder.close();
  }
}

/** Everything but the wall clock. */
export function withoutTimes(events: readonly TrainEvent[]): unknown[] {
  return events.map(({ ...event }) => {
    for (const key of ['seconds', 'stepMilliseconds', 'samplesPerSecond']) Reflect.deleteProperty(event, key);
    return event;
  });
}
