import { expected, toPlain } from '../errors';
import { getThreads, setThreads } from '../kernels';
import { defaultThreads } from '../machine';
import { layerSizes } from '../model/summary';
import { decodeCheckpoint, encodeModel, restoreNormalization, restoreParts, useCheckpoint } from '../train/checkpoint';
import type { CheckpointParts } from '../train/checkpoint';
import type { CheckpointFacts } from '../train/checkpointShape';
import type { StartEvent, TrainEvent } from '../train/events';
import { concatBytes, fileError } from '../files';
import type { Kernels } from '../kernels/contract';
import { droppedColumns } from '../data/columns/encoded';
import { otherData } from '../data/otherData';
import { bytesPerNumber } from '../data/normalize/moments';
import { featureSizeOf } from '../data/normalize/transform';
import type { Normalization } from '../data/normalize/transform';
import { calibrate, finalScores } from '../train/finalScores';
import { freshProgress, restoreProgress, train } from '../train/train';
import type { TrainCommand, TrainingProgress } from '../train/train';
import { buildTraining } from '../build/buildTraining';
import { kernelsOf } from '../build/kernelsOf';
import type { TrainingData } from '../build/buildTraining';
import type { fitInputs, BatchSource } from '../build/batchSource';
import type { Ranks } from './ranks';
import { CheckpointWriter } from './checkpointWriter';
import { modelSizes } from '../build/buildModel';
import { matchRows } from '../build/warmStart';
import type { WarmStart } from '../build/warmStart';
import { startOf } from '../inference/source';
import { readBest } from './resume';
import type { Resumption } from './resumption';
import type { RunFolder } from '../runFolder/runFolder';
import type { Conditions, RunRecord } from '../runFolder/runRecord';
import { precisionOf, trainedSpec, withBatchSize } from '../spec/spec';
import type { TrainSpec } from '../spec/spec';
import { changesOf, conditionsChange, lossMeansChange, lostBest, noValidation, notCalibrated, olderNormalization } from './runWarnings';
import { callbacksOf } from '../spec/modules';
import { OwnCallbacks } from './ownCallbacks';
import { scheduleChange } from './scheduleChange';
import { platformName, versions } from './versions';
import { WeightSnapshots } from './weightSnapshots';

/** How a run is trained, beside its spec. */
export interface RunOptions {
  /** Fits the normalisation; may reuse earlier fits. */
  readonly fit?: typeof fitInputs;
  /** Those that train together, of which this is the first; by default this process trains alone. */
  readonly ranks?: Ranks | undefined;
  /** Is handed, before the first step, what returns the bytes of the model as it is between steps. */
  readonly expose?: (current: () => Uint8Array) => void;
  /** Whether the run is to end before the next step. */
  readonly isAskedToStop?: () => boolean;
}

/**
 * Trains a spec's model and yields the run's events; returns a checkpoint for prediction. The caller may answer an event with 'stop'.
 *
 * @param given name of the run; by default that of its folder
 * @param place folder for spec, metrics and checkpoints, or a function that creates it, which is called when all checks have passed
 * @param asked where to resume; the run then gives the same bits as one that was never interrupted
 *
 * Throws ERR_SHAPE, ERR_BACKEND, ERR_DIVERGED, ERR_IO, ERR_CLUSTER for localSteps without ranks, ERR_DATA for data other than before, ERR_CONFIG for fewer steps than are done;
 * the last good checkpoint stays.
 */
export function* runTraining(
  asGiven: TrainSpec, data: TrainingData, given: string | undefined, place?: RunFolder | (() => RunFolder), asked?: Resumption,
  { fit, ranks, expose, isAskedToStop }: RunOptions = {},
): Generator<TrainEvent, Uint8Array, TrainCommand> {
  const { origin } = data;
  if (asked !== undefined && asked.record.dataDigest !== origin.digest) throw otherData(`run ${asked.record.name} was trained on`, asked.record.dataDigest, origin, ' to go on with');
  if (asGiven.localSteps !== null && ranks === undefined) throw expected('ERR_CLUSTER', 'several, started by mpirun or srun,', 'the ranks of a training with localSteps', 1, { path: 'localSteps' });
  const kernels = kernelsOf(asGiven);
  setThreads(ranks?.threads ?? asGiven.threads ?? defaultThreads(), asGiven.divisions);
  const { backend, dtype } = kernels;
  const conditions: Conditions = { backend, dtype, threads: getThreads(backend), versions: versions() };
  const { start: source, spec, data: own } = startingPoint(asGiven, data, kernels, asked);
  const { train: rows } = own;
  const { found, known } = asked === undefined ? {} : fittingLast(asked, spec, rows);
  const { training, optimizer, average, batchSource, normalization, targetScale } = buildTraining(spec, own, kernels, { fit, normalization: known, start: source, exchange: ranks?.exchange, peers: ranks?.exchange });
  const { plateau, objective: { model } } = training;
  const parts: CheckpointParts = { model, optimizer, normalization, average, plateau };
  const progress = freshProgress();
  const resumption = found && restoreLast(found, parts, batchSource);
  const callbacks = new OwnCallbacks(callbacksOf(spec));
  const checkpoint = resumption?.checkpoint;
  callbacks.restore(checkpoint?.parts?.callbacks);
  const hasOldSums = checkpoint !== undefined && restoreProgress(progress, checkpoint.progress);

  const resolved = { ...withBatchSize(spec, rows.size), backend, threads: conditions.threads };
  const facts: CheckpointFacts = {
    spec: resolved,
    classNames: rows.classNames,
    ...(rows.imageShape === undefined ? {} : { imageShape: rows.imageShape }),
    ...(rows.columns === undefined ? {} : { columns: rows.columns }),
    ...(rows.targetNames === undefined ? {} : { targetNames: rows.targetNames }),
    ...('columns' in normalization ? { encoding: normalization.columns } : {}),
    ...(targetScale && { targetScale }),
    dataDigest: origin.digest,
    inputSize: model.inputSize,
    outputSize: model.outputSize,
  };
  expose?.(() => encodeModel(parts, facts, progress));
  const startStep = progress.step;
  const dropped = 'columns' in normalization ? droppedColumns(normalization, rows.columns) : undefined;
  const description = dropped === undefined ? origin.description : `${origin.description}; ${dropped}`;
  if (training.plan.steps < startStep) {
    throw expected('ERR_CONFIG', `at least ${String(startStep)} steps, which are done already,`, 'the length of training', training.plan.steps, { path: 'steps' });
  }
  const folder = typeof place === 'function' ? place() : place;
  const name = given ?? folder?.name ?? 'run';
  const { events: earlier, warnings: badLines } = (resumption && folder?.rewindMetrics(startStep)) ?? { events: [], warnings: [] };
  const at = new Date().toISOString();
  folder?.writeSpec({
    ...resolved,
    record: {
      name, startedAt: at, platform: platformName(), data: description, dataDigest: origin.digest,
      ...(source && { from: source.source }),
      ...resumption?.record,
      ...conditions,
      ...(resumption && { resumed: [...(resumption.record.resumed ?? []), { at, step: startStep }] }),
    } satisfies RunRecord,
  });

  const tell = function* (event: TrainEvent): Generator<TrainEvent, TrainCommand, TrainCommand> {
    const stops = callbacks.tell(event);
    const command = yield event;
    return stops ? 'stop' : command;
  };
  const emit = function* (event: TrainEvent): Generator<TrainEvent, TrainCommand, TrainCommand> {
    folder?.appendEvent(event);
    return yield* tell(event);
  };
  const { steps, stepsPerEpoch } = training.plan;
  const start: StartEvent = {
    type: 'start',
    run: name,
    layers: layerSizes(model),
    parameters: model.arena.values.length,
    steps,
    stepsPerEpoch,
    batchSize: resolved.batchSize,
    backend,
    dtype,
    precision: precisionOf(spec),
    threads: conditions.threads,
    ...(ranks && { ranks: ranks.communicator.size }),
    seed: spec.seed,
    data: description,
    dataDigest: origin.digest,
    ...(source && spec.from !== null && { from: spec.from, keepsLastLayer: source.source.keepsLastLayer }),
  };
  const startEvent = resumption === undefined ? start : { ...start, resumedFrom: startStep };
  const isInMetrics = (event: TrainEvent): boolean => earlier.some((one) => JSON.stringify(one) === JSON.stringify(event));
  // Metrics must equal those of a run that was never interrupted: no event is written twice, and where a kill came before the first
  // event they begin with the start event, without resumedFrom.
  if (earlier.length === 0) folder?.appendEvent(start);
  if (earlier.length === 0 || isInMetrics(start)) yield* tell(startEvent);
  else yield* emit(startEvent);
  for (const event of [...resumption?.warnings ?? [], ...badLines]) yield* emit(event);
  const changes = resumption === undefined ? [] : changesOf(resumption.record, conditions, spec);
  if (changes.length > 0) yield* emit(conditionsChange(changes));
  if (ranks?.warning !== undefined && !isInMetrics(ranks.warning)) yield* emit(ranks.warning);
  const rateChange = checkpoint && scheduleChange(trainedSpec(checkpoint), spec, rows.size, startStep);
  if (rateChange !== undefined) yield* emit(rateChange);
  if (hasOldSums) yield* emit(lossMeansChange);
  if (startStep === 0 && training.validation.size === 0 && spec.validationRows !== 0 && !isInMetrics(noValidation)) yield* emit(noValidation);
  if (known !== undefined && 'scale' in known && bytesPerNumber(rows) > 1) yield* emit(olderNormalization);

  const snapshots = folder && WeightSnapshots.open(folder.path, model, normalization, rows.imageShape, steps, startStep);
  const takeSnapshot = (): void => {
    training.evaluator.averaged(() => snapshots?.take(progress.step));
  };
  if (startStep === 0) takeSnapshot();
  const checkpoints = new CheckpointWriter((use) => {
    useCheckpoint(parts, facts, progress, batchSource.getState(), use, callbacks.state());
  }, folder, spec.restoreBest);
  if (checkpoint === undefined) {
    // A checkpoint of the initial weights, so that even a run that diverges in its first epoch leaves a loadable model.
    checkpoints.saveLast(0);
  } else if (folder !== undefined) {
    if (resumption !== undefined && resumption.warnings.length > 0) folder.restorePrevious();
    // Where no step is left to do, the last checkpoint is not written again, as that would replace the previous one by a copy of it.
    if (resumption?.warnings.length === 0 && JSON.stringify({ ...checkpoint.facts, temperature: undefined }) === JSON.stringify(facts)) checkpoints.savedAt = startStep;
    // The run may have been killed before it wrote these files of the same step.
    if (earlier.some((event) => event.type === 'checkpoint' && event.step === startStep && event.kept !== undefined)) checkpoints.restoreKept(startStep);
    const { best } = progress;
    if (best?.step === startStep) checkpoints.saveBest();
    else if (best !== null && spec.restoreBest && readBest(folder.path, resolved, best.step) === undefined) yield* emit(lostBest(best.step));
  }

  // From here on all compute the same, whatever initialised or restored the state of this one.
  if (ranks !== undefined) useCheckpoint(parts, facts, progress, batchSource.getState(), (chunks) => ranks.communicator.broadcastBytes(concatBytes(chunks)));
  const loop = train(training, progress, (request) => {
    takeSnapshot(); // before the checkpoint: a run that resumes from it does not take the snapshot again
    return checkpoints.save(progress.step, request);
  }, isAskedToStop);
  let next = loop.next();
  // A checkpoint's event is in the metrics already, see CheckpointWriter.
  while (next.done !== true) next = loop.next(next.value.type === 'checkpoint' ? yield* tell(next.value) : yield* emit(next.value));
  if (checkpoints.savedAt !== progress.step) checkpoints.saveLast(progress.step);

  const restoreBest = (): TrainingProgress | undefined => {
    // From the folder where there is one, because in memory it would take as much as parameters and optimiser state together.
    const kept = folder === undefined ? checkpoints.best
      : spec.restoreBest && progress.best !== null ? readBest(folder.path, resolved, progress.best.step) : undefined;
    if (kept === undefined) return undefined;
    const bestCheckpoint = decodeCheckpoint(kept, 'the best checkpoint');
    restoreParts(bestCheckpoint, parts);
    return bestCheckpoint.progress;
  };
  const restored = restoreBest();
  const uncalibrated = spec.calibration === 'none' ? undefined : calibrate(training, progress);
  if (uncalibrated !== undefined) yield* emit(notCalibrated(uncalibrated));
  const { temperature } = training.evaluator;
  const modelFacts: CheckpointFacts = temperature === 1 ? facts : { ...facts, temperature };
  if (temperature !== 1) checkpoints.replaceFacts(modelFacts, restored !== undefined);
  const scores = finalScores(training, progress);
  const best = progress.best ?? { step: progress.step, valAccuracy: scores.valAccuracy };
  yield* emit({
    type: 'result',
    run: name,
    ended: next.value,
    ...scores,
    bestStep: best.step,
    ...(best.valAccuracy === undefined ? {} : { bestValAccuracy: best.valAccuracy }),
    modelStep: restored === undefined ? progress.step : best.step,
    epochs: progress.step / stepsPerEpoch,
    steps: progress.step,
    seconds: progress.seconds,
    stepMilliseconds: (1000 * progress.stepSeconds) / progress.step,
    backend,
    dtype,
    threads: conditions.threads,
  });
  const encoded = encodeModel(parts, modelFacts, restored ?? progress);
  ranks?.communicator.broadcastBytes(encoded);
  return encoded;
}

/**
 * What a training starts from, and its spec and rows as seen from there: of a run that goes on the columns and classes of its checkpoint, else the
 * model that `from` names. Throws ERR_CHECKPOINT where that is another model than the run began with.
 */
function startingPoint(
  spec: TrainSpec, data: TrainingData, kernels: Kernels, asked: Resumption | undefined,
): { readonly spec: TrainSpec; readonly data: TrainingData; readonly start?: WarmStart } {
  if (spec.from !== null && asked?.checkpoint !== undefined) return { spec, data: matchRows(data, asked.checkpoint.facts).rows };
  const start = startOf(spec, data, kernels);
  if (start === undefined) return { spec, data };
  const before = asked?.record.from?.parametersDigest;
  if (before !== undefined && before !== start.source.parametersDigest) {
    throw fileError('ERR_CHECKPOINT', `the model that run ${asked!.record.name} started from (parameters ${before.slice(0, 12)})`, spec.from!, `one with parameters ${start.source.parametersDigest.slice(0, 12)}`);
  }
  return { spec: start.spec, data: start.data, start };
}

/** The last checkpoint whose model and normalisation fit these rows, `known`. Throws ERR_CHECKPOINT where there are checkpoints but none fits. */
function fittingLast(resumption: Resumption, spec: TrainSpec, rows: TrainingData['train']): { readonly found: Resumption; readonly known?: Normalization } {
  const { checkpoint, fallBack } = resumption;
  if (checkpoint === undefined) return { found: resumption };
  const { source, facts } = checkpoint;
  try {
    const known = restoreNormalization(checkpoint);
    // What was taken over was not fitted to these rows.
    const sizes = modelSizes(spec, rows, spec.from === null ? undefined : known);
    if (facts.inputSize !== sizes.inputSize || facts.outputSize !== sizes.outputSize || featureSizeOf(known) !== rows.featureSize) {
      throw fileError('ERR_CHECKPOINT', `a model from ${String(sizes.inputSize)} inputs to ${String(sizes.outputSize)} outputs`, source, 'one of other sizes');
    }
    return { found: resumption, known };
  } catch (error) {
    const reason = toPlain(error);
    if (reason.code !== 'ERR_CHECKPOINT') throw error;
    return fittingLast(fallBack(reason), spec, rows);
  }
}

/** Restores the state of the last checkpoint that fits. Throws ERR_CHECKPOINT where there are checkpoints but none fits. */
function restoreLast(resumption: Resumption, parts: CheckpointParts, batchSource: BatchSource): Resumption {
  const { checkpoint, fallBack } = resumption;
  if (checkpoint === undefined) return resumption;
  try {
    restoreParts(checkpoint, parts);
    batchSource.setState(checkpoint.sampler);
    return resumption;
  } catch (error) {
    const reason = toPlain(error);
    if (reason.code !== 'ERR_CHECKPOINT') throw error;
    return restoreLast(fallBack(reason), parts, batchSource);
  }
}
