import { checkModel, checkRandom } from '../arguments';
import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import type { RandomState } from '../random';
import { orthonormalRows } from './orthogonal';
import type { Sequential } from './sequential';

/** How weights start. Biases start at zero, and normalisations as the identity. */
export type Initializer = 'normal' | 'he' | 'xavier' | 'lecun' | 'orthogonal' | 'zeros';

/** Fills weights [fanOut, fanIn], row by row, one draw at a time: in doubles they would be twice what the model takes. */
type Draw = (weights: FloatArray, fanOut: number, fanIn: number, random: RandomState, std: number) => void;

const normal: Draw = (weights, _, __, random, std) => {
  for (let i = 0; i < weights.length; i++) weights[i] = std * random.gaussian();
};

const draws: Readonly<Record<Initializer, Draw>> = {
  normal,
  /** torch.nn.init.kaiming_normal_: N(0, 2/fanIn) keeps the variance through ReLU layers (He et al. 2015, eq. 10). */
  he(weights, fanOut, fanIn, random) {
    normal(weights, fanOut, fanIn, random, Math.sqrt(2 / fanIn));
  },
  /** torch.nn.init.xavier_uniform_: U(−a, a), a = √(6/(fanIn + fanOut)) (Glorot & Bengio 2010, eq. 16). */
  xavier(weights, fanOut, fanIn, random) {
    const a = Math.sqrt(6 / (fanIn + fanOut));
    for (let i = 0; i < weights.length; i++) weights[i] = random.uniform(-a, a);
  },
  /** N(0, 1/fanIn) keeps the variance where the activation has slope 1 (LeCun et al. 1998, Efficient BackProp, eq. 16). */
  lecun(weights, fanOut, fanIn, random) {
    normal(weights, fanOut, fanIn, random, Math.sqrt(1 / fanIn));
  },
  /** torch.nn.init.orthogonal_: orthonormal columns, or rows where those are fewer (Saxe et al. 2014). */
  orthogonal(weights, fanOut, fanIn, random) {
    const gaussian = random.randn(fanOut * fanIn);
    if (fanOut < fanIn) weights.set(orthonormalRows(fanOut, fanIn, gaussian));
    else weights.set(transpose(fanIn, fanOut, orthonormalRows(fanIn, fanOut, transpose(fanOut, fanIn, gaussian))));
  },
  zeros: () => undefined,
};

/** The names of the initialisers, for specs. */
export const initializers = Object.keys(draws) as readonly Initializer[];

/**
 * Sets all parameters of the model, layer by layer: weights as the initialiser says ('normal' with standard deviation `std`),
 * the others to where they start. Throws ERR_CONFIG for an unknown initialiser.
 */
export function initialize(model: Sequential, initializer: Initializer, std: number, random: RandomState): void {
  checkModel(model);
  checkRandom(random);
  if (typeof initializer !== 'string' || !Object.hasOwn(draws, initializer)) throw expected('ERR_CONFIG', initializers.join(', '), 'init', initializer, { path: 'init' });
  for (const { value, shape, regularised, initial } of model.arena.parameters) {
    value.fill(initial ?? 0);
    const [fanOut, fanIn] = shape;
    if (regularised && fanOut !== undefined && fanIn !== undefined) draws[initializer](value, fanOut, fanIn, random, std);
  }
}

function transpose(rows: number, columns: number, matrix: Float64Array): Float64Array {
  return matrix.map((_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)]!);
}
