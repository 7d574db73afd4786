import { readFileSync } from 'node:fs';
import { expected } from '../errors';
import { allocate } from '../kernels/contract';
import type { BackendName, FloatArray, SourceArray } from '../kernels/contract';
import { kernelsFor } from '../kernels';
import type { Dataset, ImageShape } from '../data/dataset';
import { mlp } from '../model/sequential';
import type { Sequential } from '../model/sequential';
import { decodeCheckpoint, restoreNormalization, restoreParameters } from '../train/checkpoint';
import type { Checkpoint, CheckpointFacts } from '../train/checkpoint';
import { Evaluator } from '../train/evaluate';
import type { Evaluation } from '../train/evaluate';
import { Objective } from '../train/objective';
import { withFileErrors } from './files';
import { parseSpec } from './spec';
import type { TrainSpec } from './spec';

/** One predicted row. */
export interface Prediction {
  readonly label: number;
  readonly className: string;
  /** Probability of every class, in the order of `classNames`. */
  readonly probabilities: readonly number[];
}

/** A trained model with everything that prediction needs: parameters, normalisation, class names. */
export class Classifier {
  readonly spec: TrainSpec;
  readonly classNames: readonly string[];
  readonly imageShape: ImageShape | undefined;
  /** SHA-256 of the data set that it was trained on. */
  readonly dataDigest: string;
  private readonly model: Sequential;
  private readonly evaluator: Evaluator;

  private constructor(checkpoint: Checkpoint, backend: BackendName | undefined) {
    const facts: CheckpointFacts = checkpoint.facts;
    this.spec = parseSpec(facts.spec);
    this.classNames = facts.classNames;
    this.imageShape = facts.imageShape;
    this.dataDigest = facts.dataDigest;
    const kernels = kernelsFor(this.spec.dtype, backend);
    this.model = mlp(this.spec.layers, kernels, 200);
    restoreParameters(checkpoint, this.model.arena);
    const { inputSize } = this.model;
    const normalization = { scale: allocate(kernels.dtype, inputSize), shift: allocate(kernels.dtype, inputSize) };
    restoreNormalization(checkpoint, normalization);
    this.evaluator = new Evaluator(new Objective(this.model, this.spec.l2), normalization);
  }

  /**
   * Reads a checkpoint file. The backend is free to choose: a model trained on one runs on the other.
   * Throws ERR_IO, ERR_CHECKPOINT, ERR_BACKEND.
   */
  static load(file: string, backend?: BackendName): Classifier {
    return Classifier.fromBytes(withFileErrors(file, () => readFileSync(file)), { name: file, ...(backend && { backend }) });
  }

  /** As {@link load}, from the bytes of a checkpoint. */
  static fromBytes(bytes: Uint8Array, options: { name: string; backend?: BackendName }): Classifier {
    return new Classifier(decodeCheckpoint(bytes, options.name), options.backend);
  }

  /** Accuracy and loss on all rows of a data set. Throws ERR_SHAPE when its features do not fit. */
  evaluate(data: Dataset): Evaluation {
    this.checkFeatures(data.featureSize);
    return this.evaluator.evaluate(data);
  }

  /**
   * Classifies rows: features [rows, inputSize], raw as in the data set (bytes for images); normalisation happens here.
   * Throws ERR_SHAPE when the length is not a multiple of the input size.
   */
  predict(features: SourceArray): Prediction[] {
    const { inputSize, outputSize } = this.model;
    const size = features.length / inputSize;
    if (!Number.isInteger(size)) {
      throw expected('ERR_SHAPE', `a multiple of ${String(inputSize)} values`, 'features', features, { path: 'features' });
    }
    const { labels, predictions } = this.evaluator.predict({
      name: 'features', split: 'test', features, labels: new Int32Array(size), size, featureSize: inputSize,
      classNames: this.classNames,
    });
    return Array.from(labels, (label, row) => ({
      label,
      className: this.classNames[label]!,
      probabilities: Array.from(predictions.subarray(row * outputSize, (row + 1) * outputSize)),
    }));
  }

  /** Weights of the first layer [units, inputSize], for pictures. */
  firstLayer(): { weights: FloatArray; units: number } {
    const { value, shape } = this.model.arena.find('W1')!;
    return { weights: value, units: shape[0]! };
  }

  private checkFeatures(featureSize: number): void {
    if (featureSize !== this.model.inputSize) {
      throw expected('ERR_SHAPE', `${String(this.model.inputSize)} features per row`, 'the data set', featureSize);
    }
  }
}
