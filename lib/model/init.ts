import { expected } from '../errors';
import type { RandomState } from '../random';
import { orthonormalRows } from './orthogonal';
import type { Sequential } from './sequential';

/** How weights start. Biases start at zero, and normalisations as the identity. */
export type Initializer = 'normal' | 'he' | 'xavier' | 'lecun' | 'orthogonal' | 'zeros';

type Draw = (fanOut: number, fanIn: number, random: RandomState, std: number) => ArrayLike<number>;

const normal = (fanOut: number, fanIn: number, random: RandomState, std: number): Float64Array =>
  random.randn(fanOut * fanIn).map((draw) => std * draw);

/** Weights [fanOut, fanIn], drawn row by row. */
const draws: Readonly<Record<Initializer, Draw>> = {
  normal,
  /** torch.nn.init.kaiming_normal_: N(0, 2/fanIn) keeps the variance through ReLU layers (He et al. 2015, eq. 10). */
  he: (fanOut, fanIn, random) => normal(fanOut, fanIn, random, Math.sqrt(2 / fanIn)),
  /** torch.nn.init.xavier_uniform_: U(−a, a), a = √(6/(fanIn + fanOut)) (Glorot & Bengio 2010, eq. 16). */
  xavier(fanOut, fanIn, random) {
    const a = Math.sqrt(6 / (fanIn + fanOut));
    return random.uniform(-a, a, fanOut * fanIn);
  },
  /** N(0, 1/fanIn) keeps the variance where the activation has slope 1 (LeCun et al. 1998, Efficient BackProp, eq. 16). */
  lecun: (fanOut, fanIn, random) => normal(fanOut, fanIn, random, Math.sqrt(1 / fanIn)),
  /** torch.nn.init.orthogonal_: orthonormal columns, or rows where those are fewer (Saxe et al. 2014). */
  orthogonal(fanOut, fanIn, random) {
    const gaussian = random.randn(fanOut * fanIn);
    if (fanOut < fanIn) return orthonormalRows(fanOut, fanIn, gaussian);
    return transpose(fanIn, fanOut, orthonormalRows(fanIn, fanOut, transpose(fanOut, fanIn, gaussian)));
  },
  zeros: () => [],
};

/** The names of the initialisers, for specs. */
export const initializers = Object.keys(draws) as readonly Initializer[];

/**
 * Sets all parameters of the model, layer by layer: weights as the initialiser says ('normal' with standard deviation `std`),
 * the others to where they start. Throws ERR_CONFIG for an unknown initialiser.
 */
export function initialize(model: Sequential, initializer: Initializer, std: number, random: RandomState): void {
  if (!Object.hasOwn(draws, initializer)) throw expected('ERR_CONFIG', initializers.join(', '), 'init', initializer, { path: 'init' });
  for (const { value, shape, regularised, initial } of model.arena.parameters) {
    value.fill(initial ?? 0);
    const [fanOut, fanIn] = shape;
    if (regularised && fanOut !== undefined && fanIn !== undefined) value.set(draws[initializer](fanOut, fanIn, random, std));
  }
}

function transpose(rows: number, columns: number, matrix: Float64Array): Float64Array {
  return matrix.map((_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)]!);
}
