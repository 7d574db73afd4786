import { checkGradients, dataset, loadRows, loadWasm, split, train } from './library';
import type { DataSplits, GivenSpec, Model } from './library';
import { extent } from './messages';
import type { Answer, LayerWeights, Plane, Request, Rows, Settings } from './messages';
import { readTable } from './table';

/* Trains away from the page's own thread, so that the page answers meanwhile. */

const post = (answer: Answer): void => { (self as unknown as { postMessage: (answer: Answer) => void }).postMessage(answer); };

/** Milliseconds between two looks at the model. */
const lookEvery = 120;
/** Points of the plane along a side at which the model is asked. */
const planeSize = 56;

let loading: Promise<unknown> | undefined;
let stop: (() => void) | undefined;
/** Whether the page still draws what it was told. */
let isDrawing = false;
const canDraw = (): boolean => !isDrawing;

self.onmessage = ({ data }: MessageEvent<Request>) => {
  if (data.type === 'stop') stop?.();
  else if (data.type === 'drawn') isDrawing = false;
  else void answer(data).catch((error: unknown) => {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    post({ type: 'failed', code: code ?? 'ERR_UNEXPECTED', message });
  });
};

async function answer({ type, rows, settings }: Extract<Request, { rows: unknown }>): Promise<void> {
  if (settings.backend === 'wasm') await (loading ??= loadWasm(new URL('wasm/', self.location.href)));
  const data = await dataOf(rows);
  const spec = specOf(settings, data.train.size);
  if (type === 'check') {
    const { passed, parameters, backend } = await checkGradients(spec, { data, backend: settings.backend });
    post({
      type: 'checked', passed, backend, elements: parameters.reduce((sum, { checked }) => sum + checked, 0),
      largest: Math.max(...parameters.map(({ worst }) => worst?.error ?? 0)),
    });
    return;
  }
  await watch(spec, data, 'points' in rows);
}

async function dataOf(rows: Rows): Promise<DataSplits> {
  const sizes = { validation: 0.2, test: 0 };
  if ('table' in rows) return loadRows(readTable(rows.table), { name: 'the table', sizes });
  const { points } = rows;
  return split(dataset({ features: points.map(({ x, y }) => [x, y]), labels: points.map(({ label }) => label), classNames: ['A', 'B'], name: 'the points' }), { ...sizes, stratify: true });
}

/** Points of a curve at most. */
const curvePoints = 400;

function specOf({ hidden, activation, learningRate, epochs, batchSize: wanted, seed, backend }: Settings, trainRows: number): GivenSpec {
  const batchSize = Math.min(wanted, trainRows);
  const stepsPerEpoch = Math.ceil(trainRows / batchSize);
  const evaluateEvery = Math.max(stepsPerEpoch, Math.ceil((epochs * stepsPerEpoch) / curvePoints));
  return { hidden: [hidden], activation, learningRate, momentum: 0.9, epochs, batchSize, evaluateEvery, seed, backend, health: false };
}

async function watch(spec: GivenSpec, data: DataSplits, isPlane: boolean): Promise<void> {
  const run = train(spec, { data });
  stop = () => { run.stop(); };
  let steps: (readonly [number, number])[] = [];
  let evaluations: (readonly [number, number])[] = [];
  let accuracy: number | undefined;
  let all = 0;
  let seenAt = performance.now();
  isDrawing = false;
  const tell = (model: Model): void => {
    post({ type: 'losses', steps, evaluations, all, accuracy });
    post({ type: 'model', weights: weightsOf(model), plane: isPlane ? planeOf(model) : undefined });
    [steps, evaluations, isDrawing] = [[], [], true];
  };
  for await (const event of run) {
    if (event.type === 'start') all = event.steps;
    else if (event.type === 'step') steps.push([event.step, event.loss]);
    else if (event.type === 'evaluation') {
      evaluations.push([event.step, event.valLoss]);
      accuracy = event.valAccuracy;
    } else if (event.type === 'result') {
      tell(await run.model);
      post({
        type: 'done', ended: event.ended, backend: event.backend, trainAccuracy: event.trainAccuracy ?? Number.NaN, valAccuracy: event.valAccuracy ?? Number.NaN, steps: event.steps,
        seconds: event.seconds,
      });
    }
    if (canDraw() && steps.length > 0 && performance.now() - seenAt > lookEvery) {
      const model = run.current();
      if (model !== undefined) tell(model);
      seenAt = performance.now();
    }
  }
  await run.model;
}

function weightsOf(model: Model): LayerWeights[] {
  return Object.entries(model.weights()).filter(([, { shape }]) => shape.length === 2)
    .map(([name, { shape, values }]) => ({ name, outputs: shape[0]!, inputs: shape[1]!, values: Array.from(values) }));
}

function planeOf(model: Model): Plane {
  const features: number[] = [];
  const at = (i: number): number => extent * ((2 * i + 1) / planeSize - 1);
  for (let row = 0; row < planeSize; row++) for (let column = 0; column < planeSize; column++) features.push(at(column), -at(row));
  const probabilities = Array.from(model.outputs(features));
  return { size: planeSize, classes: probabilities.length / planeSize ** 2, probabilities };
}
