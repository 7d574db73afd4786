import type { HealthEvent, TrainEvent } from '../../train/events';
import { finite, isOwn } from '../metrics';
import { EventFile } from './eventFile';
import { weightGrid } from '../weights';
import type { FirstLayer } from '../weights';

/** What a checkpoint holds of a model. */
export interface ModelState {
  /** Steps done when it was written. */
  readonly step: number;
  /** By name. */
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
  /** Undefined where the model's inputs are not images. */
  readonly firstLayer: () => FirstLayer | undefined;
}

/** At most this many pictures of the weights are written for a run. */
const maxPictures = 25;

/** Writes the events of a run, given in order, into an event file for TensorBoard. Keeps nothing of the run but when the next picture is due. */
export class TensorBoardLog {
  private readonly file: EventFile;
  private pictureGap = 0;
  private nextPicture = 0;

  /** @param now seconds since 1970. Throws ERR_IO. */
  constructor(folder: string, now?: () => number) {
    this.file = new EventFile(folder, now);
  }

  get path(): string {
    return this.file.path;
  }

  /** `readModel` is called where a checkpoint is due to be shown. Throws ERR_IO, and what `readModel` throws. */
  handle(event: TrainEvent, readModel: (file: string) => ModelState): void {
    const { file } = this;
    switch (event.type) {
      case 'start':
        this.pictureGap = event.steps / (maxPictures - 1);
        if (event.resumedFrom !== undefined) file.restart(event.resumedFrom + 1);
        break;
      case 'step':
        file.scalars(event.step, finite({ 'loss/batch': event.loss, 'accuracy/batch': event.batchAccuracy, learning_rate: event.learningRate }));
        break;
      case 'evaluation': {
        const { step, trainLoss, valLoss, trainAccuracy, valAccuracy, trainRmse, valRmse, monitored } = event;
        file.scalars(step, finite({
          'loss/train': trainLoss, 'loss/validation': valLoss, 'accuracy/train': trainAccuracy, 'accuracy/validation': valAccuracy,
          'rmse/train': trainRmse, 'rmse/validation': valRmse,
          ...(isOwn(monitored) && { [`${monitored.metric}/validation`]: monitored.value }),
        }));
        break;
      }
      case 'epoch':
        file.scalars(event.step, { 'throughput/rows_per_second': event.samplesPerSecond });
        break;
      case 'health':
        file.scalars(event.step, healthScalars(event));
        break;
      case 'histograms':
        file.counted(event.step, Object.fromEntries(event.layers.flatMap(({ name, weights, gradients, activations }) => [
          [`weights/${name}`, weights] as const, ...(gradients === undefined ? [] : [[`gradients/${name}`, gradients] as const]), [`activations/${name}`, activations] as const,
        ])));
        break;
      case 'checkpoint':
        this.show(readModel(event.file));
        break;
      case 'warning':
      case 'result':
        break;
    }
  }

  private show({ step, parameters, firstLayer }: ModelState): void {
    this.file.histograms(step, parameters);
    if (step < this.nextPicture) return;
    const layer = firstLayer();
    if (layer === undefined) return;
    this.nextPicture = step + this.pictureGap;
    this.file.image(step, 'first layer', weightGrid(layer));
  }
}

function healthScalars({ layers }: HealthEvent): Record<string, number> {
  return Object.fromEntries(layers.flatMap(({ weights, updateRatio, gradientRms, weightRms, activationStd, deadUnits }) => [
    [`update_ratio/${weights}`, updateRatio], [`gradient_rms/${weights}`, gradientRms], [`weight_rms/${weights}`, weightRms],
    [`activation_std/${weights}`, activationStd], ...(deadUnits === undefined ? [] : [[`dead_units/${weights}`, deadUnits]]),
  ]) as [string, number][]);
}
