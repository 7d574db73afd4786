import { checkModel, checkRandom } from '../arguments';
import { expected } from '../errors';
import type { FloatArray } from '../kernels/contract';
import type { RandomState } from '../random';
import type { ParameterSpec } from './arena';
import { orthonormalRows } from './orthogonal';
import type { Sequential } from './sequential';

/** How weights start. Biases start at zero, and normalisations as the identity. */
export type Initializer = 'normal' | 'he' | 'xavier' | 'lecun' | 'orthogonal' | 'zeros';

/**
 * Fills weights [rows, …], row by row. One draw at a time, because an array of all draws, in float64, would take twice the memory of the
 * model.
 */
type Draw = (weights: FloatArray, rows: number, fans: NonNullable<ParameterSpec['fans']>, random: RandomState, std: number) => void;

const normal: Draw = (weights, _rows, _fans, random, std) => {
  for (let i = 0; i < weights.length; i++) weights[i] = std * random.gaussian();
};

const draws: Readonly<Record<Initializer, Draw>> = {
  normal,
  /** torch.nn.init.kaiming_normal_: N(0, 2/fanIn) keeps the variance through ReLU layers (He et al. 2015, eq. 10). */
  he(weights, rows, fans, random) {
    normal(weights, rows, fans, random, Math.sqrt(2 / fans.in));
  },
  /** torch.nn.init.xavier_uniform_: U(−a, a), a = √(6/(fanIn + fanOut)) (Glorot & Bengio 2010, eq. 16). */
  xavier(weights, _rows, fans, random) {
    const a = Math.sqrt(6 / (fans.in + fans.out));
    for (let i = 0; i < weights.length; i++) weights[i] = random.uniform(-a, a);
  },
  /** N(0, 1/fanIn) keeps the variance where the activation has slope 1 (LeCun et al. 1998, Efficient BackProp, eq. 16). */
  lecun(weights, rows, fans, random) {
    normal(weights, rows, fans, random, Math.sqrt(1 / fans.in));
  },
  /** torch.nn.init.orthogonal_: orthonormal columns, or rows where those are fewer (Saxe et al. 2014). */
  orthogonal(weights, rows, _fans, random) {
    const columns = weights.length / rows;
    const gaussian = random.randn(weights.length);
    if (rows < columns) weights.set(orthonormalRows(rows, columns, gaussian));
    else weights.set(transpose(columns, rows, orthonormalRows(columns, rows, transpose(rows, columns, gaussian))));
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
  for (const { value, shape, fans, isStack, initial = 0 } of model.arena.parameters) {
    if (typeof initial === 'number') value.fill(initial);
    else initial(value, random);
    if (fans === undefined) continue;
    const [matrices, rows] = isStack === true ? [shape[0]!, shape[1]!] : [1, shape[0]!];
    const size = value.length / matrices;
    for (let at = 0; at < value.length; at += size) draws[initializer](value.subarray(at, at + size), rows, fans, random, std);
  }
}

function transpose(rows: number, columns: number, matrix: Float64Array): Float64Array {
  return matrix.map((_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)]!);
}
