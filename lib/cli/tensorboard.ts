import { Model } from '../inference/model';
import { readFile, sizeLimits } from '../files';
import type { FloatArray } from '../kernels/contract';
import { TensorBoardLog } from '../report/tensorboard/tensorboard';
import type { ModelState } from '../report/tensorboard/tensorboard';
import { decodeCheckpoint } from '../train/checkpoint';
import type { TrainEvent } from '../train/events';

/**
 * Takes a run's events in order and writes them into its folder for TensorBoard. What it needs of the model is
 * read from the checkpoints, so that training does not wait.
 */
export function tensorBoardObserver(folderOf: (run: string) => string): (event: TrainEvent) => void {
  let log: TensorBoardLog | undefined;
  return (event) => {
    if (event.type === 'start') log = new TensorBoardLog(folderOf(event.run));
    log?.handle(event, readModelState);
  };
}

/** Tensors of a checkpoint that are not the model's but needed to resume. */
const besideModel = /^(normalization|optimizer|live|state)\./;

/** What a checkpoint tells TensorBoard of its model. Throws ERR_IO or ERR_CHECKPOINT. */
export function readModelState(file: string): ModelState {
  const bytes = readFile(file, { limit: sizeLimits.checkpoint });
  const { progress, tensors } = decodeCheckpoint(bytes, file);
  const parameters = [...tensors].filter(([name]) => !besideModel.test(name)).map(([name, { data }]) => [name, data as FloatArray] as const);
  return {
    step: progress.step,
    parameters: Object.fromEntries(parameters),
    firstLayer: () => {
      const classifier = Model.load(bytes, { name: file });
      const [layer, imageShape] = [classifier.firstLayer(), classifier.imageShape];
      return layer && imageShape && { ...layer, imageShape };
    },
  };
}
