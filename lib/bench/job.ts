import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, DataSplits, StoredDataset } from '../data/dataset';
import { loadTrainingData } from '../build/loadTrainingData';
import { parseSpec, withBatchSize } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { RunHistory } from '../history/runHistory';
import { setThreads } from '../kernels';
import type { BackendName } from '../kernels/contract';
import { defaultThreads } from '../machine';
import type { StartEvent } from '../train/events';
import { LoadWatch } from './machine';
import type { BenchNet } from './nets';
import { trainingCommand, trainInProcess } from './process';
import type { ProcessCommand, ProcessUse } from './process';
import { makeReport } from './report';
import type { BenchEntry, BenchOptions, BenchReport } from './report';
import { now, summarise } from './timing';
import { benchTraining } from './training';

export interface JobOptions extends BenchOptions {
  /** Nets of CIFAR-10's 3072 inputs. */
  readonly nets: readonly BenchNet[];
  readonly backend: BackendName;
  readonly threads?: number;
  /** Keys that replace those of the nets' specs, such as fewer rows. */
  readonly changes?: Partial<TrainSpec>;
}

/** The parts of a job: the cases of the entries. */
export const jobCases = { start: 'start to first step', epoch: 'one epoch' } as const;

/** Untimed steps before those that are timed alone. */
const warmUps = 20;

/**
 * Measures what a training costs besides its steps: the time from the start of `blastrain train` to the first step; an epoch with events,
 * metrics, validation and checkpoint, in turn with as many steps alone; and the peak of memory. Uses the data that `data=auto` finds.
 * Throws ERR_WORKER for a training that fails, ERR_BACKEND, ERR_SHAPE.
 */
export async function benchJob(options: JobOptions): Promise<BenchReport> {
  const { nets, backend, threads = defaultThreads(), rounds = 5, changes, onProgress } = options;
  const watch = new LoadWatch();
  setThreads(threads);
  const folder = mkdtempSync(join(tmpdir(), 'blastrain-job-'));
  const entries: BenchEntry[] = [];
  const notes: string[] = [];
  let childSeconds = 0;
  try {
    for (const net of nets) {
      onProgress?.(net.name);
      const spec = withBatchSize(parseSpec({ ...net.spec, steps: null, epochs: 1, health: true, generator: 'counter', backend, threads, ...changes }), Infinity);
      const file = join(folder, `${net.name}.json`);
      writeFileSync(file, JSON.stringify(spec));
      const run = async (...settings: string[]): Promise<Job> => {
        const job = await runJob(trainingCommand(file, '--runs', join(folder, 'runs'), '--set', 'logEvery=1', ...settings));
        childSeconds += job.use.cpuSeconds;
        return job;
      };
      // Before this process loads data, so that it does not compete with the training for memory.
      const starts: number[] = [];
      for (let round = 0; round < rounds; round++) starts.push((await run('steps=1', 'epochs=null')).firstStep);

      const data = loadTrainingData(spec);
      const { step, flops } = benchTraining({ ...net, spec }, data, backend);
      const jobs: Job[] = [];
      const alone: number[] = [];
      for (let round = 0; round < rounds; round++) {
        // The first epoch includes warming up; the second takes as long as those after it.
        const job = await run('epochs=2');
        for (let i = 0; i < warmUps; i++) step();
        const begun = now();
        for (let i = 0; i < job.start.stepsPerEpoch; i++) step();
        alone.push(now() - begun);
        jobs.push(job);
      }
      const { start } = jobs[0]!;
      const entry = (part: string, who: string, samples: readonly number[], work: number): BenchEntry => ({
        subject: net.name, case: part, who, time: summarise(samples), flops: work, bytes: 0, share: null,
      });
      const work = flops * start.stepsPerEpoch;
      entries.push(
        entry(jobCases.start, 'train', starts, 0),
        entry(jobCases.epoch, `its ${String(start.stepsPerEpoch)} steps alone`, alone, work),
        entry(jobCases.epoch, 'train', jobs.map(({ epoch }) => epoch), work),
      );
      notes.push(memoryNote(net.name, Math.max(...jobs.map(({ use }) => use.peakBytes)), data, start), `${net.name}: ${start.data}.`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return makeReport('job', { load: watch.end(childSeconds), peak: null, entries, notes });
}

/** One training, with the seconds to its first step and those of its last epoch. */
interface Job {
  readonly start: StartEvent;
  readonly firstStep: number;
  readonly epoch: number;
  readonly use: ProcessUse;
}

async function runJob(command: ProcessCommand): Promise<Job> {
  const history = new RunHistory(1);
  let firstStep: number | undefined;
  const use = await trainInProcess(command, (event, seconds) => {
    history.apply(event);
    if (event.type === 'step') firstStep ??= seconds;
    return undefined;
  });
  return { start: history.start!, firstStep: firstStep!, epoch: history.epochs[0]?.seconds ?? NaN, use };
}

/** A sentence on the peak of memory and the goal: data + 4 × parameters + 2 × a batch's activations + 60 MB. */
function memoryNote(
  name: string, peak: number, { train, validation, test }: DataSplits<Dataset | StoredDataset>, { parameters, layers, batchSize, dtype }: StartEvent,
): string {
  const width = dtype === 'float32' ? 4 : 8;
  const dataBytes = [train, validation, test].reduce((sum, rows) => sum + bytesOf(rows), 0);
  const parts = [dataBytes, 4 * width * parameters, 2 * width * batchSize * layers.reduce((sum, units) => sum + units, 0), 60e6];
  const [data, copies, activations, rest] = parts.map(megabytes);
  const sum = megabytes(parts.reduce((total, part) => total + part, 0));
  return (
    `${name}: ${peak === 0 ? 'the peak of memory is known on Linux only' : `${megabytes(peak)} MB of memory at the peak`}; data (${data!}), ` +
    `4 × parameters (${copies!}), 2 × activations of a batch (${activations!}) and ${rest!} are ${sum} MB.`
  );
}

/** Bytes of features and labels in memory. */
function bytesOf(rows: Dataset | StoredDataset): number {
  return rows.labels.byteLength + ('features' in rows ? rows.features.byteLength : 0);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
