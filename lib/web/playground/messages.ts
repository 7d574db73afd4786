import type { Activation, BackendName } from './library';

/** Rows to learn: points of the plane with their classes, or a table as it was pasted. */
export type Rows = { readonly points: readonly Point[] } | { readonly table: string };

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly label: number;
}

/** What is set in the page. */
export interface Settings {
  readonly hidden: number;
  readonly activation: Activation;
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly backend: BackendName;
}

/** To the worker. */
export type Request =
  | { readonly type: 'train' | 'check'; readonly rows: Rows; readonly settings: Settings }
  | { readonly type: 'stop' }
  /** The page has drawn what it was told last, and can draw more. */
  | { readonly type: 'drawn' };

/** Weights of a layer, [outputs, inputs]. */
export interface LayerWeights {
  readonly name: string;
  readonly outputs: number;
  readonly inputs: number;
  readonly values: readonly number[];
}

/** Probabilities [size, size, classes] over the plane, from the upper left. */
export interface Plane {
  readonly size: number;
  readonly classes: number;
  readonly probabilities: readonly number[];
}

/** From the worker. */
export type Answer =
  | { readonly type: 'losses'; readonly steps: readonly (readonly [step: number, loss: number])[]; readonly evaluations: readonly (readonly [step: number, loss: number])[]; readonly all: number; readonly accuracy: number | undefined }
  | { readonly type: 'model'; readonly weights: readonly LayerWeights[]; readonly plane: Plane | undefined }
  | { readonly type: 'done'; readonly ended: string; readonly backend: string; readonly trainAccuracy: number; readonly valAccuracy: number; readonly seconds: number; readonly steps: number }
  | { readonly type: 'checked'; readonly passed: boolean; readonly largest: number; readonly elements: number; readonly backend: string }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

/** The plane that points are drawn in goes from −1 to 1 both ways. */
export const extent = 1;
