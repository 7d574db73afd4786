import { checkList, checkObject, checkOptions, checkText } from '../arguments';
import { expected } from '../errors';
import { concatBytes, replaceFile } from '../files';
import { modelChunks } from '../train/modelFile';
import type { ModelFacts } from '../train/modelFile';
import { meanTemperature, meanWeights } from './average';
import { BaseModel } from './baseModel';
import type { SaveOptions } from './baseModel';
import type { PredictRows } from './givenRows';
import { Net } from './net';
import { predictionsOf } from './prediction';
import type { Prediction } from './prediction';
import { readTrained } from './source';
import { Background } from './threads/background';
import { predictBlocks } from './threads/predictBlocks';
import type { PredictOptions } from './threads/predictBlocks';
import type { LoadOptions } from './trainedModel';

/** A trained model with everything needed for prediction: parameters, normalisation, class names. */
export class Model extends BaseModel {
  private background: Background | undefined;

  /**
   * Loads a model: the path of a model file that {@link save} wrote, of a checkpoint or of a run's folder, or the bytes of one of these files. With weight
   * averaging a checkpoint gives the averages; a folder gives the best checkpoint where the run has `restoreBest`, else the last.
   * Throws ERR_IO, ERR_CHECKPOINT for a damaged file and for one of another program, ERR_BACKEND, ERR_CONFIG where the run's spec.json is damaged.
   */
  static override load(from: string | Uint8Array, options: LoadOptions = {}): Model {
    const trained = readTrained(from, options);
    return new Model(trained, new Net(trained, options));
  }

  /**
   * The model whose parameters and buffers are the mean of those of several models (Wortsman et al. 2022, *Model soups*): of runs that started `from` the same model,
   * as nets from different initial weights have nothing in common to average. What it is worth is for `evaluate` to say. It averages over the views that they do. Throws
   * ERR_CONFIG for no models, and for models that differ in layers, preprocessing, columns, classes, targets or views.
   */
  static average(models: readonly Model[]): Model {
    checkList(models, 'models', 'a list of models');
    const [first] = models;
    if (first === undefined) throw expected('ERR_CONFIG', 'at least one model', 'models', models, { path: 'models' });
    for (const model of models) checkObject(model, 'models', 'models', ['weights', 'known']);
    const { tta } = first;
    for (const model of models) if (model.tta !== tta) throw expected('ERR_CONFIG', `tta ${String(tta)}, as the first model has,`, 'models', model.tta, { path: 'models' });
    const all = models.map((model) => ({ facts: model.known, weights: model.weights() }));
    const weights = meanWeights(all);
    const known: ModelFacts = { ...first.known, metrics: null, facts: { ...first.known.facts, temperature: meanTemperature(all) } };
    const average = Model.load(concatBytes(modelChunks(first.net.model, known)), { backend: first.net.model.kernels.backend, ...(tta && { tta }) });
    average.setWeights(weights);
    return average;
  }

  /**
   * Writes a model file, replacing an earlier one at once: safetensors with the parameters and buffers that the model predicts with, under the keys of a
   * torch nn.Sequential, and all else that prediction needs as JSON in the metadata; see docs/models.md. Throws ERR_CONFIG, ERR_IO.
   */
  save(path: string, options: SaveOptions = {}): void {
    checkText(path, 'path');
    replaceFile(path, this.chunks(options));
  }

  override setWeights(weights: Readonly<Record<string, ArrayLike<number>>>): void {
    super.setWeights(weights);
    this.background?.retire();
    this.background = undefined;
  }

  /**
   * As {@link predict}, on a thread, so that this one's event loop goes on; rows may not change meanwhile. The thread is started by the first call, keeps a copy of the model,
   * and keeps no process alive that waits for nothing of it. Rejects as that throws, with the signal's reason where it is aborted, ERR_WORKER where the thread ended.
   */
  async predictAsync(rows: PredictRows, options: PredictOptions = {}): Promise<Prediction[]> {
    checkOptions(options);
    const { outputNames: names, net } = this;
    this.background ??= new Background({ bytes: this.toBytes(), backend: net.model.kernels.backend, tta: this.tta });
    const all: Prediction[] = [];
    for await (const block of predictBlocks(net, this.background, rows, options)) for (const one of predictionsOf(net, names, block)) all.push(one);
    return all;
  }

  /** Ends the thread of {@link predictAsync}, where there is one: what is under way is rejected with ERR_WORKER. A later call starts another. */
  async close(): Promise<void> {
    const { background } = this;
    this.background = undefined;
    await background?.close();
  }
}
