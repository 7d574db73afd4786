import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { replaceFile } from '../../files';
import type { EvaluationEvent } from '../../train/events';
import { finite, isOwn } from '../metrics';
import { cellOf, clockOf, lastScores } from './exportedRun';
import type { ExportedRun } from './exportedRun';

/** MLflow's numbers for the states of a run (mlflow.entities.RunStatus). */
const statuses: Readonly<Record<ExportedRun['state'], number>> = { running: 1, finished: 3, failed: 4, damaged: 4, stopped: 5, unfinished: 5 };

/** MLflow takes no longer values of parameters and tags. */
const longest = { parameter: 6000, tag: 8000 };

/**
 * Writes runs as an experiment into a folder that MLflow reads, in the layout of its FileStore: `mlflow ui --backend-store-uri FOLDER`. Keys of
 * specs are parameters, steps and evaluations metrics by their names in metrics.jsonl, conditions tags, spec.json an artifact. A run has the same
 * identifier each time, so that writing it again replaces it. Throws ERR_IO.
 */
export function writeMlflow(folder: string, experiment: string, runs: readonly ExportedRun[]): void {
  const id = String(BigInt(`0x${digest(experiment).slice(0, 15)}`)).padStart(18, '1');
  const path = join(folder, id);
  const times = runs.map(({ record }) => Date.parse(record.startedAt)).filter(Number.isFinite);
  replaceFile(join(path, 'meta.yaml'), yaml({
    artifact_location: pathToFileURL(resolve(path)).href, creation_time: Math.min(Date.now(), ...times), experiment_id: id,
    last_update_time: Math.max(0, ...times), lifecycle_stage: 'active', name: experiment,
  }));
  for (const run of runs) writeRun(path, id, run);
}

function writeRun(experiment: string, experimentId: string, run: ExportedRun): void {
  const { name, state, failure, record, spec, history } = run;
  const id = digest(`${name}\n${record.startedAt}\n${record.dataDigest}`).slice(0, 32);
  const path = join(experiment, id);
  const clock = clockOf(run);
  const end = clock(history.step);
  for (const [key, value] of Object.entries(spec)) replaceFile(join(path, 'params', fileName(key)), String(cellOf(value)).slice(0, longest.parameter));
  for (const [metric, points] of metricsOf(run)) {
    replaceFile(join(path, 'metrics', fileName(metric)), points.map(([step, value]) => `${String(clock(step))} ${String(value)} ${String(step)}\n`).join(''));
  }
  const { startedAt, data, dataDigest, backend, dtype, threads, platform, versions } = record;
  const tags: Readonly<Record<string, unknown>> = {
    'mlflow.runName': name, 'mlflow.source.name': 'blastrain', 'mlflow.source.type': 'LOCAL', state, ended: history.result?.ended, failure, startedAt, data, dataDigest,
    backend, dtype, threads, platform, ...versions,
  };
  for (const [tag, value] of Object.entries(tags)) {
    if (cellOf(value) !== '') replaceFile(join(path, 'tags', fileName(tag)), String(cellOf(value)).slice(0, longest.tag));
  }
  replaceFile(join(path, 'artifacts', 'spec.json'), `${JSON.stringify({ ...spec, record }, null, 2)}\n`);
  // Last, as MLflow knows a run by it.
  replaceFile(join(path, 'meta.yaml'), yaml({
    artifact_uri: pathToFileURL(resolve(path, 'artifacts')).href, end_time: state === 'running' ? null : end, entry_point_name: '', experiment_id: experimentId,
    lifecycle_stage: 'active', run_id: id, run_name: name, run_uuid: id, source_name: '', source_type: 4, source_version: '', start_time: clock(0),
    status: statuses[state], tags: [], user_id: 'blastrain',
  }));
}

/** The points of each metric, [step, value], in order of step. */
function metricsOf(run: ExportedRun): ReadonlyMap<string, readonly (readonly [step: number, value: number])[]> {
  const { steps, evaluations, step: last } = run.history;
  const points = new Map<string, (readonly [number, number])[]>();
  const add = (step: number, values: Readonly<Record<string, number | undefined>>): void => {
    for (const [name, value] of Object.entries(finite(values))) {
      const known = points.get(name);
      if (known === undefined) points.set(name, [[step, value]]);
      else known.push([step, value]);
    }
  };
  for (const { step, loss, batchAccuracy, learningRate } of steps) add(step, { loss, batchAccuracy, learningRate });
  for (const evaluation of evaluations) add(evaluation.step, evaluated(evaluation));
  const { testLoss, testAccuracy, testRmse } = lastScores(run);
  add(last, { testLoss, testAccuracy, testRmse });
  return points;
}

function evaluated({ trainLoss, trainAccuracy, trainRmse, valLoss, valAccuracy, valRmse, monitored }: EvaluationEvent): Record<string, number | undefined> {
  return { trainLoss, trainAccuracy, trainRmse, valLoss, valAccuracy, valRmse, ...(isOwn(monitored) && { [monitored.metric]: monitored.value }) };
}

/** A name as a file's: it may come from a run of others', so it leads into no other folder. */
function fileName(name: string): string {
  return name.replaceAll(/[^\w .-]/g, '_').replace(/^\.+/, '_').slice(0, 200) || '_';
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** One level of YAML: JSON's strings, numbers, null and lists are YAML's too. */
function yaml(entries: Readonly<Record<string, unknown>>): string {
  return Object.entries(entries).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('');
}
