import { checkModel, checkRandom } from '../arguments';
import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import { RandomState } from '../random';
import { CounterRandom } from '../random/counter';
import type { ParameterSpec } from './arena';
import { orthonormalRows } from './orthogonal';
import type { Sequential } from './sequential';
import { countedDraws, successiveDraws } from './starts';
import type { Draws } from './starts';

/** How weights start. Biases start at zero, and normalisations as the identity. */
export type Initializer = 'normal' | 'he' | 'xavier' | 'lecun' | 'orthogonal' | 'zeros';

/** Where numbers are drawn from by the names that specs have: one after the other as NumPy does, or each by its place, on all cores at once. */
export const generators = ['numpy', 'counter'] as const;
export type Generator = (typeof generators)[number];

/** The generator of that name. Throws ERR_CONFIG for a seed that is no integer in [0, 2³²). */
export function generatorOf(name: Generator, seed: number): RandomState | CounterRandom {
  return name === 'counter' ? new CounterRandom(seed) : new RandomState(seed);
}

/** What an initialiser is told of weights [matrices, rows, …]. */
interface Weights {
  readonly matrices: number;
  readonly rows: number;
  readonly fans: NonNullable<ParameterSpec['fans']>;
  readonly std: number;
}

type Draw = (values: FloatArray, draws: Draws, weights: Weights) => void;

const draws: Readonly<Record<Initializer, Draw>> = {
  normal(values, { normal }, { std }) {
    normal(values, std);
  },
  /** torch.nn.init.kaiming_normal_: N(0, 2/fanIn) keeps the variance through ReLU layers (He et al. 2015, eq. 10). */
  he(values, { normal }, { fans }) {
    normal(values, Math.sqrt(2 / fans.in));
  },
  /** torch.nn.init.xavier_uniform_: U(−a, a), a = √(6/(fanIn + fanOut)) (Glorot & Bengio 2010, eq. 16). */
  xavier(values, { uniform }, { fans }) {
    const a = Math.sqrt(6 / (fans.in + fans.out));
    uniform(values, -a, a);
  },
  /** N(0, 1/fanIn) keeps the variance where the activation has slope 1 (LeCun et al. 1998, Efficient BackProp, eq. 16). */
  lecun(values, { normal }, { fans }) {
    normal(values, Math.sqrt(1 / fans.in));
  },
  /** torch.nn.init.orthogonal_: orthonormal columns, or rows where those are fewer (Saxe et al. 2014). */
  orthogonal(values, { normals }, { matrices, rows }) {
    const size = values.length / matrices;
    const columns = size / rows;
    const gaussian = normals(values);
    for (let at = 0; at < values.length; at += size) {
      const matrix = gaussian.subarray(at, at + size);
      values.set(rows < columns ? orthonormalRows(rows, columns, matrix) : transpose(columns, rows, orthonormalRows(columns, rows, transpose(rows, columns, matrix))), at);
    }
  },
  zeros: () => undefined,
};

/** The names of the initialisers, for specs. */
export const initializers = Object.keys(draws) as readonly Initializer[];

/**
 * Sets all parameters of the model, layer by layer: weights as the initialiser says ('normal' with standard deviation `std`),
 * the others to where they start. Throws ERR_CONFIG for an unknown initialiser.
 */
export function initialize(model: Sequential, initializer: Initializer, std: number, random: RandomState | CounterRandom): void {
  checkModel(model);
  const isCounter = isCounterRandom(random);
  if (!isCounter) checkRandom(random);
  if (typeof initializer !== 'string' || !Object.hasOwn(draws, initializer)) throw expected('ERR_CONFIG', initializers.join(', '), 'init', initializer, { path: 'init' });
  model.arena.parameters.forEach(({ value, shape, fans, isStack, initial = 0 }, parameter) => {
    const source = isCounter ? countedDraws(random, parameter, model.kernels) : successiveDraws(random);
    if (typeof initial === 'number') value.fill(initial);
    else initial(value, source);
    if (fans === undefined) return;
    const [matrices, rows] = isStack === true ? [shape[0]!, shape[1]!] : [1, shape[0]!];
    draws[initializer](value, source, { matrices, rows, fans, std });
  });
}

function isCounterRandom(random: unknown): random is CounterRandom {
  return (Object(random) as Partial<CounterRandom>).generator === 'counter'; // Object(null) is {}
}

function transpose(rows: number, columns: number, matrix: Float64Array): Float64Array {
  return matrix.map((_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)]!);
}
