import type { BackendName, Kernels } from '../kernels/contract';
import { defaultKernels } from '../kernels';
import type { Arena } from '../model/arena';
import { mlp } from '../model/sequential';
import { Sgd } from '../optim/sgd';
import { RandomState } from '../random';
import { checkGradients } from '../train/gradientCheck';
import { Objective } from '../train/objective';

/** The course's results for its toy problem, and the tolerances. */
export const toyTargets = {
  /** Class probabilities [5, 3]. */
  scores: [
    [0.36446210, 0.22911264, 0.40642526],
    [0.47590629, 0.17217039, 0.35192332],
    [0.43035767, 0.26164229, 0.30800004],
    [0.41583127, 0.29832280, 0.28584593],
    [0.36328815, 0.32279939, 0.31391246],
  ],
  scoresError: 1e-7,
  /** J̃ with λ = 0.05. */
  loss: 1.30378789133,
  lossError: 1e-11,
  gradientError: 1e-8,
  finalLoss: 0.02,
} as const;

const LAYERS = [4, 10, 3] as const;
const EXAMPLES = 5;
const LABELS = [0, 1, 2, 2, 1] as const;
const CHECK = { l2: 0.05, step: 1e-5 } as const;
const TRAINING = { steps: 100, learningRate: 0.1, l2: 5e-6 } as const;

/** Results of the toy problem, to compare with {@link toyTargets}. */
export interface ToyReport {
  /** Class probabilities [5][3] at the start. */
  readonly scores: readonly (readonly number[])[];
  /** Largest distance of a score from the course's table. */
  readonly scoresError: number;
  /** J̃ at the start, λ = 0.05, and its distance from the course's number. */
  readonly loss: number;
  readonly lossError: number;
  /** Largest relative error |a − n| / max(1e-8, |a| + |n|) of each parameter's gradient, λ = 0.05, h = 1e-5. */
  readonly gradientErrors: Readonly<Record<string, number>>;
  /** J̃ after the last update, λ = 5e-6. */
  readonly finalLoss: number;
  /** J̃ before each of the 100 updates, λ = 5e-6. */
  readonly lossHistory: readonly number[];
  readonly backend: BackendName;
  readonly dtype: 'float64';
}

/** Examples and network of the toy problem, drawn with its random seeds. */
export interface ToyProblem {
  readonly kernels: Kernels;
  /** [5, 4]. */
  readonly x: Float64Array;
  readonly labels: Int32Array;
  /** A 4-10-3 network with initial weights. */
  readonly model: ReturnType<typeof mlp>;
}

/** Draws the course's toy problem: seed 0 for the weights, seed 1 for the examples. In float64, which its tolerances need. */
export function toyProblem(backend?: BackendName): ToyProblem {
  const kernels = defaultKernels('float64', backend);
  const model = mlp(LAYERS, kernels, EXAMPLES);
  const random = new RandomState(0);
  drawTransposed(model.arena, 'W1', random);
  drawTransposed(model.arena, 'W2', random);
  const x = new RandomState(1).randn(EXAMPLES * LAYERS[0]).map((draw) => 10 * draw);
  return { kernels, x, labels: Int32Array.from(LABELS), model };
}

/**
 * Solves the course's toy problem (questions 1 to 3a): class probabilities, loss, gradient check, and 100 steps of SGD on all
 * five examples. Throws ERR_BACKEND when the asked-for backend does not load.
 */
export function runToy(options: { readonly backend?: BackendName } = {}): ToyReport {
  const { kernels, x, labels, model } = toyProblem(options.backend);

  const checked = new Objective(model, CHECK.l2);
  const loss = checked.loss(EXAMPLES, x, labels);
  const scores = rows(checked.predictions, LAYERS[2]);
  const { parameters } = checkGradients(checked, EXAMPLES, x, labels, { step: CHECK.step });

  const trained = new Objective(model, TRAINING.l2);
  const optimizer = new Sgd(kernels, model.arena, { momentum: 0, nesterov: false, l2: TRAINING.l2 });
  const lossHistory: number[] = [];
  for (let step = 0; step < TRAINING.steps; step++) {
    lossHistory.push(trained.lossAndGradient(EXAMPLES, x, labels));
    optimizer.step(TRAINING.learningRate);
  }

  return {
    scores,
    scoresError: Math.max(...scores.flatMap((row, i) => row.map((score, j) => Math.abs(score - toyTargets.scores[i]![j]!)))),
    loss,
    lossError: Math.abs(loss - toyTargets.loss),
    gradientErrors: Object.fromEntries(parameters.map(({ name, worst }) => [name, worst?.error ?? Infinity])),
    finalLoss: trained.loss(EXAMPLES, x, labels),
    lossHistory,
    backend: kernels.backend,
    dtype: 'float64',
  };
}

/** Which of {@link toyTargets} a report meets. */
export function toyVerdict(report: ToyReport): Readonly<Record<'scores' | 'loss' | 'gradients' | 'training', boolean>> {
  return {
    scores: report.scoresError < toyTargets.scoresError,
    loss: report.lossError < toyTargets.lossError,
    gradients: Object.values(report.gradientErrors).every((error) => error < toyTargets.gradientError),
    training: report.finalLoss <= toyTargets.finalLoss,
  };
}

/** Weights 0.1·N(0, 1), drawn row by row as [in, out] like the course's and stored as [out, in] like ours. */
function drawTransposed(arena: Arena, name: string, random: RandomState): void {
  const { value, shape } = arena.find(name)!;
  const [fanOut, fanIn] = shape as [number, number];
  random.randn(value.length).forEach((draw, i) => {
    value[(i % fanOut) * fanIn + Math.floor(i / fanOut)] = 0.1 * draw;
  });
}

function rows(matrix: ArrayLike<number>, columns: number): number[][] {
  return Array.from({ length: matrix.length / columns }, (_, i) => Array.from({ length: columns }, (_, j) => matrix[i * columns + j]!));
}
