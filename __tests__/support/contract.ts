import { allocate, storedDtype, unitRoundoff } from '../../lib/kernels/contract';
import type { Dtype, FloatArray, KernelName, Kernels, Precision } from '../../lib/kernels/contract';
import { kernelsIn } from '../../lib/kernels/signatures';

// What each kernel computes, by hand. Every array is longer than it need be: what lies behind its used part must stay, and so must all inputs.

/** An array argument: what it holds before the call and, where it is an output, after it. */
interface ArrayArgument {
  readonly type: 'floats' | 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8Array';
  readonly before: readonly number[];
  readonly after?: readonly number[];
  /** Whether the kernel may leave anything in it. */
  readonly isRoom?: boolean;
}
/** The array of another argument, by position: exact aliasing. */
interface Alias { readonly alias: number }
type Argument = number | boolean | ArrayArgument | Alias;

const floats = (...before: number[]): ArrayArgument => ({ type: 'floats', before });
const singles = (...before: number[]): ArrayArgument => ({ type: 'Float32Array', before });
const doubles = (...before: number[]): ArrayArgument => ({ type: 'Float64Array', before });
const ints = (...before: number[]): ArrayArgument => ({ type: 'Int32Array', before });
const bytes = (...before: number[]): ArrayArgument => ({ type: 'Uint8Array', before });
/** An output that must not be read: it holds NaN. */
const writes = (...after: number[]): ArrayArgument => ({ type: 'floats', before: after.map(() => NaN), after });
/** Room for a kernel's own use: it holds NaN. */
const room = (length: number): ArrayArgument => ({ type: 'floats', before: new Array<number>(length).fill(NaN), isRoom: true });
const writesBytes = (...after: number[]): ArrayArgument => ({ type: 'Uint8Array', before: after.map(() => 99), after });
const writesInts = (...after: number[]): ArrayArgument => ({ type: 'Int32Array', before: after.map(() => -7), after });
const updates = (before: number[], after: number[]): ArrayArgument => ({ type: 'floats', before, after });
const same = (alias: number): Alias => ({ alias });

interface Case {
  readonly kernel: KernelName;
  readonly title: string;
  readonly args: readonly Argument[];
  readonly returns?: number;
}
const call = (kernel: KernelName, title: string, args: readonly Argument[], returns?: number): Case =>
  ({ kernel, title, args, ...(returns === undefined ? {} : { returns }) });

const { log, PI, sqrt, SQRT2 } = Math;
const [A, At] = [floats(1, 2, 3, 4, 5, 6), floats(1, 4, 2, 5, 3, 6)]; //        [2,3] and its transpose
const [B, Bt] = [floats(7, 8, 9, 10, 11, 12), floats(7, 9, 11, 8, 10, 12)]; //  [3,2] and its transpose
const nans = floats(NaN, NaN, NaN, NaN, NaN, NaN);
const photos = bytes(1, 2, 3, 4, 5, 6, 7, 8);
/** Scale and shift that change nothing. */
const plain = (n: number): [ArrayArgument, ArrayArgument] => [floats(...Array<number>(n).fill(1)), floats(...Array<number>(n).fill(0))];
const geometryKeys = ['flip', 'dx', 'dy', 'left', 'top', 'right', 'bottom'] as const;
/** One row for each picture; what is not given is 0. */
const geometry = (...rows: Partial<Record<(typeof geometryKeys)[number], number>>[]): ArrayArgument =>
  ints(...(rows.length === 0 ? [{}] : rows).flatMap((row) => geometryKeys.map((key) => row[key] ?? 0)));

const cases: readonly Case[] = [
  call('gemm', 'A·B', [false, false, 2, 2, 3, 1, A, B, 0, writes(58, 64, 139, 154)]),
  call('gemm', 'A·Bᵀ', [false, true, 2, 2, 3, 1, A, Bt, 0, writes(58, 64, 139, 154)]),
  call('gemm', 'Aᵀ·B', [true, false, 2, 2, 3, 1, At, B, 0, writes(58, 64, 139, 154)]),
  call('gemm', 'Aᵀ·Bᵀ', [true, true, 2, 2, 3, 1, At, Bt, 0, writes(58, 64, 139, 154)]),
  call('gemm', 'α and β', [false, false, 2, 2, 3, -2, A, B, 0.5, updates([2, 4, 6, 8], [-115, -126, -275, -304])]),
  call('gemm', 'a row by a column', [false, false, 1, 1, 3, 1, A, B, 1, updates([1], [51])]),
  call('gemm', 'a column by a row', [false, false, 3, 2, 1, 1, A, B, 0, writes(7, 8, 14, 16, 21, 24)]),
  call('gemm', 'inner size 0 with β', [false, false, 2, 2, 0, 1, floats(), floats(), 0.5, updates([2, 4, 6, 8], [1, 2, 3, 4])]),
  call('gemm', 'inner size 0 without β', [false, false, 2, 2, 0, 1, floats(), floats(), 0, writes(0, 0, 0, 0)]),
  call('gemm', 'no rows', [false, false, 0, 2, 3, 1, floats(), B, 0, writes()]),
  call('gemm', 'no columns', [true, true, 2, 0, 3, 1, At, floats(), 1, writes()]),
  call('gemm', 'α = 0 leaves A and B unread', [false, false, 2, 2, 3, 0, nans, nans, 2, updates([1, 2, 3, 4], [2, 4, 6, 8])]),
  call('gemm', 'α = 0 with β = 0: zeros', [false, true, 2, 2, 3, 0, nans, nans, 0, writes(0, 0, 0, 0)]),
  call('gemm', 'α = 0 with β = 1: C as it is', [true, false, 2, 2, 3, 0, nans, nans, 1, updates([-0, NaN, 1, -Infinity], [-0, NaN, 1, -Infinity])]),
  call('gemm', 'α = 0 hides no NaN of C', [false, false, 1, 3, 2, 0, nans, nans, 0.5, updates([NaN, Infinity, 4], [NaN, Infinity, 2])]),
  call('gemm', 'inner size 0 with β = 1: C as it is', [false, false, 1, 2, 0, 1, floats(), floats(), 1, updates([-0, NaN], [-0, NaN])]),
  call('gemm', 'α that rounds to 0 is 0', [false, false, 1, 1, 1, 2 ** -1080, nans, nans, 1, updates([3], [3])]),
  call('gemm', 'no sizes at all', [false, false, 0, 0, 0, 1, floats(), floats(), 0, writes()]),
  call('gemm', 'NaN in A reaches its row alone', [false, false, 2, 1, 2, 1, floats(NaN, 1, 2, 3), floats(1, 1), 0, writes(NaN, 5)]),

  call('axpy', 'y + αx', [3, 2, floats(1, -2, 3), updates([10, 20, 30], [12, 16, 36])]),
  call('axpy', 'zero hides no NaN', [4, 0, floats(1, NaN, Infinity, 2), updates([1, 2, 3, NaN], [1, NaN, NaN, NaN])]),
  call('axpy', 'no elements, and no factor', [0, 0, floats(), updates([], [])]),
  call('axpy', 'no elements', [0, 2, floats(), updates([], [])]),
  call('scal', 'αx', [3, -2, updates([1, -2, 3], [-2, 4, -6])]),
  call('scal', 'zero hides no NaN', [3, 0, updates([1, NaN, Infinity], [0, NaN, NaN])]),
  call('scal', 'no elements', [0, 2, updates([], [])]),
  call('dot', 'Σxy', [3, floats(1, 2, 3), floats(4, -5, 6)], 12),
  call('dot', 'of an array with itself', [3, floats(1, 2, 3), same(1)], 14),
  call('dot', 'zero hides no NaN', [3, floats(0, 1, 2), floats(NaN, 1, 2)], NaN),
  call('dot', 'zero times infinity', [2, floats(0, 1), floats(Infinity, 1)], NaN),
  call('dot', 'no elements', [0, floats(), floats()], 0),
  call('nrm2', '√Σx²', [2, floats(3, -4)], 5),
  call('nrm2', 'squares beyond the range of a float', [2, floats(3 * 2 ** 100, 4 * 2 ** 100)], 5 * 2 ** 100),
  call('nrm2', 'squares below the range of a float', [2, floats(3 * 2 ** -100, 4 * 2 ** -100)], 5 * 2 ** -100),
  call('nrm2', 'NaN', [2, floats(1, NaN)], NaN),
  call('nrm2', 'infinity', [3, floats(1, -Infinity, 2)], Infinity),
  call('nrm2', 'infinities', [2, floats(Infinity, -Infinity)], Infinity),
  call('nrm2', 'NaN beside infinity', [3, floats(Infinity, NaN, 2)], NaN),
  call('nrm2', 'zeros', [2, floats(0, -0)], 0),
  call('nrm2', 'no elements', [0, floats()], 0),

  call('linearForward', 'A·Bᵀ and a bias', [2, 2, 3, A, Bt, floats(1, -2), writes(59, 62, 140, 152)]),
  call('linearForward', 'no inputs: the bias', [2, 2, 0, floats(), floats(), floats(1, -2), writes(1, -2, 1, -2)]),
  call('linearForward', 'no rows', [0, 2, 3, floats(), Bt, floats(1, -2), writes()]),
  call('linearForward', 'no outputs', [2, 0, 3, A, floats(), floats(), writes()]),
  call('linearForward', 'NaN in the bias reaches its column alone', [2, 2, 1, floats(1, 2), floats(1, 1), floats(NaN, 0), writes(NaN, 1, NaN, 2)]),
  call('biasForward', 'to each row', [2, 3, floats(1, 2, 3), updates([0, 0, 0, 10, 20, 30], [1, 2, 3, 11, 22, 33])]),
  call('biasForward', 'no rows', [0, 3, floats(1, 2, 3), updates([], [])]),
  call('biasBackward', 'sums columns', [2, 3, floats(1, 2, 3, 10, 20, 30), 0, writes(11, 22, 33)]),
  call('biasBackward', 'accumulates with β', [2, 3, floats(1, 2, 3, 10, 20, 30), 0.5, updates([2, 4, 6], [12, 24, 36])]),
  call('biasBackward', 'no rows', [0, 3, floats(), 0, writes(0, 0, 0)]),

  call('scaleColumnsForward', 'each column by its factor', [2, 3, floats(1, 2, -1), floats(1, 2, 3, 10, 20, 30), writes(1, 4, -3, 10, 40, -30)]),
  call('scaleColumnsForward', 'in place', [2, 1, floats(3), updates([1, 2], [3, 6]), same(3)]),
  call('scaleColumnsForward', 'no rows', [0, 2, floats(1, 2), floats(), writes()]),
  call('scaleColumnsBackward', 'sums and products', [
    2, 2, floats(1, 2, 3, 4), floats(10, -1), floats(1, 1, 2, 0.5), writes(7, 4), writes(10, -1, 20, -0.5)]),
  call('scaleColumnsBackward', 'in place', [2, 1, floats(1, 2), floats(4), updates([1, 2], [4, 8]), writes(5), same(4)]),
  call('scaleColumnsBackward', 'no rows', [0, 2, floats(), floats(1, 2), floats(), writes(0, 0), writes()]),
  call('blendColumnsForward', 'between x and f', [2, 3, floats(0, 1, 0.25), floats(1, 2, 4, 8, 8, 8), floats(5, 5, 8, 9, 9, 0), writes(1, 5, 5, 8, 9, 6)]),
  call('blendColumnsForward', 'in place', [1, 2, floats(0.5, 2), floats(1, 2), updates([3, 4], [2, 6]), same(4)]),
  call('blendColumnsForward', 'no rows', [0, 2, floats(1, 2), floats(), floats(), writes()]),
  call('blendColumnsBackward', 'shares', [
    2, 2, floats(0.25, 1), floats(1, 2, 3, 4), floats(2, 4, 5, 1), floats(4, 3, 8, -1), writes(20, 9), writes(1, 3, 2, -1), writes(3, 0, 6, -0)]),
  call('blendColumnsBackward', 'in place', [
    1, 2, floats(0.25, 0.5), floats(1, 2), updates([2, 4], [1, 1]), updates([4, 2], [3, 1]), writes(4, 4), same(4), same(5)]),
  call('blendColumnsBackward', 'no rows', [0, 1, floats(1), floats(), floats(), floats(), writes(0), writes(), writes()]),

  call('periodicForward', 'x, weight·cos(2π·frequency·x + phase) + bias, and what is passed', [
    2, 1, 2, 2, 1, 1, 1, floats(1, 7, 8, 2, 9, 10), floats(0.5, 0), floats(0, PI / 3), floats(1, 2, -1, 3), floats(10, 20),
    writes(1, 10, 22.5, 7, NaN, 2, 12, 20.5, 9, NaN)]),
  call('periodicForward', 'no rows', [0, 1, 1, 1, 0, 0, 0, floats(), floats(1), floats(0), floats(1), floats(0), writes()]),
  call('periodicForward', 'no frequencies', [1, 2, 0, 1, 0, 0, 0, floats(3, 4), floats(), floats(), floats(), floats(5, 6), writes(3, 5, 4, 6)]),
  call('periodicBackward', 'derivatives at a twelfth of a turn', [
    1, 1, 1, 2, 1, 1, 1, floats(2, 7, 8), floats(0), floats(PI / 6), floats(3, 5), floats(10, 1, 2, 6, 4),
    writes(-26 * PI), writes(-6.5), writes(sqrt(0.75), sqrt(3)), writes(1, 2), writes(10, 6, 0)]),
  call('periodicBackward', 'sums over rows', [
    2, 1, 1, 1, 0, 0, 0, floats(1, 2), floats(1 / 6), floats(0), floats(3), floats(1, 10, 2, 20),
    writes(-300 * PI * sqrt(0.75)), writes(-90 * sqrt(0.75)), writes(-5), writes(30), writes(1 - 10 * PI * sqrt(0.75), 2 - 20 * PI * sqrt(0.75))]),
  call('periodicBackward', 'no rows', [
    0, 1, 1, 1, 0, 0, 0, floats(), floats(1), floats(0), floats(1), floats(), writes(0), writes(0), writes(0), writes(0), writes()]),
  call('embeddingForward', 'rows by index, the last of a category for none', [
    3, 2, 2, 5, 1, 1, ints(0, 3), floats(9, 0, 0, 9, 1, 1, 9, -1, NaN), floats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    writes(NaN, 1, 2, 7, 8, NaN, 3, 4, 9, 10, NaN, 5, 6, 9, 10)]),
  call('embeddingForward', 'no rows', [0, 1, 2, 1, 0, 0, ints(0), floats(), floats(1, 2), writes()]),
  call('embeddingBackward', 'sums by row', [
    3, 1, 2, 3, 0, 1, ints(0), floats(0, 2, 0), floats(9, 1, 2, 9, 3, 4, 9, 5, 6), writes(6, 8, 0, 0, 3, 4)]),
  call('embeddingBackward', 'no rows', [0, 1, 1, 2, 0, 0, ints(0), floats(), floats(), writes(0, 0)]),

  call('reluForward', 'cuts at 0; NaN passes', [6, floats(-1, -0, 0, 2, -Infinity, NaN), writes(0, 0, 0, 2, 0, NaN)]),
  call('reluForward', 'in place', [3, updates([-1, Infinity, 2], [0, Infinity, 2]), same(1)]),
  call('reluForward', 'no elements', [0, floats(), writes()]),
  call('reluBackward', 'where y > 0; NaN passes', [5, floats(0, -0, 3, 1e-30, NaN), floats(1, 2, 3, -4, 5), writes(0, 0, 3, -4, 5)]),
  call('reluBackward', 'in place', [3, floats(0, 1, 2), updates([NaN, 5, NaN], [0, 5, NaN]), same(2)]),
  call('maskScale', 'any byte but 0 keeps', [4, 2, bytes(0, 1, 255, 0), floats(1, 2, 3, NaN), writes(0, 4, 6, 0)]),
  call('maskScale', 'in place', [3, 0.5, bytes(1, 0, 1), updates([2, Infinity, NaN], [1, 0, NaN]), same(3)]),

  call('leakyReluForward', 'slope below 0; NaN passes', [6, 0.25, floats(-4, -0, 0, 2, -Infinity, NaN), writes(-1, -0, 0, 2, -Infinity, NaN)]),
  call('leakyReluForward', 'in place', [2, 0.25, updates([-4, 8], [-1, 8]), same(2)]),
  call('leakyReluBackward', 'by the sign of y', [4, 0.25, floats(-1, 0, 3, -0), floats(4, 8, -4, 1), writes(1, 2, -4, 0.25)]),
  call('leakyReluBackward', 'in place', [2, 0.25, floats(-1, 1), updates([4, 4], [1, 4]), same(3)]),
  call('tanhForward', 'saturates; small numbers stay', [7, floats(0, -0, log(3), -log(3), Infinity, -100, 2 ** -30),
    writes(0, -0, 0.8, -0.8, 1, -1, 2 ** -30)]),
  call('tanhForward', 'in place; NaN passes', [2, updates([NaN, log(2)], [NaN, 0.6]), same(1)]),
  call('tanhBackward', 'dy·(1 − y²)', [3, floats(0.5, 1, -0.5), floats(4, 7, 8), writes(3, 0, 6)]),
  call('tanhBackward', 'in place', [1, floats(0.5), updates([4], [3]), same(2)]),
  call('sigmoidForward', 'between 0 and 1', [6, floats(0, log(3), -log(3), Infinity, -Infinity, -1000), writes(0.5, 0.75, 0.25, 1, 0, 0)]),
  call('sigmoidForward', 'in place; NaN passes', [2, updates([NaN, log(4)], [NaN, 0.8]), same(1)]),
  call('sigmoidBackward', 'dy·y(1 − y)', [3, floats(0.5, 1, 0.25), floats(4, 7, 16), writes(1, 0, 3)]),
  call('sigmoidBackward', 'in place', [1, floats(0.5), updates([4], [1]), same(2)]),
  call('geluForward', 'x·Φ(x)', [8, floats(0, 1, -1, 3, -3, 100, -100, Infinity),
    writes(0, 0.8413447460685429, -0.15865525393145705, 2.99595030590511, -0.0040496940948902835, 100, -0, Infinity)]),
  call('geluForward', 'in place; NaN passes', [3, updates([NaN, -Infinity, 2], [NaN, NaN, 1.9544997361036416]), same(1)]),
  call('geluBackward', 'dy·(Φ(x) + x·φ(x))', [6, floats(0, 1, -1, 100, -100, Infinity), floats(2, 1, -1, 3, 3, 5),
    writes(1, 1.0833154705876864, 0.08331547058768625, 3, 0, 5)]),
  call('geluBackward', 'in place', [1, floats(0), updates([3], [1.5]), same(2)]),
  call('mishForward', 'x·tanh(log(1 + exp x))', [7, floats(0, log(2), -log(2), log(3), 100, -1000, Infinity),
    writes(0, 0.8 * log(2), -log(2) / 2.6, log(3) * 15 / 17, 100, -0, Infinity)]),
  call('mishForward', 'in place; NaN passes', [2, updates([NaN, -Infinity], [NaN, NaN]), same(1)]),
  call('mishBackward', 'its derivative', [5, floats(0, log(2), -log(2), 1000, -1000), floats(5, 1, 2, 3, 4),
    writes(3, 0.8 + 0.24 * log(2), 2 * (5 / 13 - 48 / 169 * log(2)), 3, 0)]),
  call('mishBackward', 'in place', [1, floats(0), updates([5], [3]), same(2)]),
  call('seluForward', 'λx, or λα(exp x − 1)', [6, floats(0, 2, -log(2), -log(4), -1000, Infinity),
    writes(0, 2.101401974710961, -1.7580993408473766 / 2, -1.7580993408473766 * 0.75, -1.7580993408473766, Infinity)]),
  call('seluForward', 'in place; NaN passes', [2, updates([NaN, -Infinity], [NaN, -1.7580993408473766]), same(1)]),
  call('seluBackward', 'by y', [3, floats(0, 3, -1), floats(1, 2, 4), writes(1.7580993408473766, 2.101401974710961, 4 * 0.7580993408473766)]),
  call('seluBackward', 'in place', [1, floats(3), updates([1], [1.0507009873554805]), same(2)]),
  call('add', 'a + b', [3, floats(1, -0, Infinity), floats(2, -0, -Infinity), writes(3, -0, NaN)]),
  call('add', 'in place', [2, updates([1, 2], [4, 6]), floats(3, 4), same(1)]),
  call('add', 'doubled in place', [2, updates([1, 2], [2, 4]), same(1), same(1)]),

  // Columns [1, 3, 5] and [−1, −1, 2] have means 3 and 0, variances 8/3 and 2; ε makes these 4 and 10/3 below.
  call('batchNormForward', 'statistics of the columns', [
    3, 2, 4 / 3, 0.5, floats(1, -1, 3, -1, 5, 2), floats(2, 1), floats(10, 0), updates([1, 4], [2, 2]), updates([2, 1], [3, 2]),
    writes(3, 0), writes(0.5, Math.sqrt(0.3)), writes(8, -Math.sqrt(0.3), 10, -Math.sqrt(0.3), 12, 2 * Math.sqrt(0.3)),
  ]),
  call('batchNormForward', 'one row: no variance', [
    1, 2, 0.25, 0.5, floats(3, -5), floats(2, 2), floats(1, 7), updates([1, 1], [2, -2]), floats(6, 7),
    writes(3, -5), writes(2, 2), writes(1, 7),
  ]),
  call('batchNormForward', 'NaN spoils its column alone', [
    2, 2, 3, 0, floats(NaN, 1, 1, 3), floats(1, 1), floats(0, 0), updates([1, 1], [NaN, 1]), updates([1, 1], [NaN, 1]),
    writes(NaN, 2), writes(NaN, 0.5), writes(NaN, -0.5, NaN, 0.5),
  ]),
  call('batchNormForward', 'no rows: nothing written', [
    0, 1, 1, 0.5, floats(), floats(1), floats(1), floats(5), floats(6), floats(7), floats(8), writes(),
  ]),
  call('batchNormEvaluate', 'with the running statistics', [
    2, 2, 1, floats(1, 2, 3, 4), floats(2, 1), floats(10, 0), floats(1, 4), floats(3, 0), writes(10, -2, 12, 0),
  ]),
  call('batchNormEvaluate', 'in place', [1, 1, 1, updates([5], [3]), floats(2), floats(1), floats(3), floats(3), same(3)]),
  // x̂ = [−1, 0, 1]: Σ dy = 9, Σ dy·x̂ = 3; γ·inverseStd = 1.
  call('batchNormBackward', 'through the statistics', [
    3, 1, floats(1, 3, 5), floats(2), floats(3), floats(0.5), floats(1, 4, 4), writes(3), writes(9), writes(-1, 1, 0),
  ]),
  call('batchNormBackward', 'in place', [
    3, 1, floats(1, 3, 5), floats(2), floats(3), floats(0.5), updates([1, 4, 4], [-1, 1, 0]), writes(3), writes(9), same(6),
  ]),
  call('batchNormBackward', 'no rows: nothing written', [
    0, 1, floats(), floats(1), floats(1), floats(1), floats(), floats(5), floats(6), writes(),
  ]),
  call('layerNormForward', 'statistics of the rows', [
    2, 3, 4 / 3, floats(1, 3, 5, 2, 2, 2), floats(2, 1, 2), floats(10, 0, 0), writes(3, 2), writes(0.5, Math.sqrt(0.75)),
    writes(8, 0, 2, 10, 0, 0),
  ]),
  call('layerNormForward', 'no rows', [0, 2, 1, floats(), floats(1, 1), floats(1, 1), writes(), writes(), writes()]),
  // x̂ = [−1, 0, 1] and g = γ·dy = [1, 4, 4]: Σ g = 9, Σ g·x̂ = 3.
  call('layerNormBackward', 'through the statistics', [
    1, 3, floats(1, 3, 5), floats(0.5, 2, 1), floats(3), floats(0.5), floats(2, 2, 4), writes(-2, 0, 4), writes(2, 2, 4),
    writes(-0.5, 0.5, 0),
  ]),
  call('layerNormBackward', 'parameters add up rows', [
    2, 1, floats(1, 3), floats(1), floats(0, 2), floats(1, 1), floats(10, 100), writes(110), writes(110), writes(-10, -100),
  ]),
  call('layerNormBackward', 'in place', [
    1, 3, floats(1, 3, 5), floats(0.5, 2, 1), floats(3), floats(0.5), updates([2, 2, 4], [-0.5, 0.5, 0]), writes(-2, 0, 4),
    writes(2, 2, 4), same(6),
  ]),
  call('layerNormBackward', 'no rows', [
    0, 2, floats(), floats(1, 1), floats(), floats(), floats(), writes(0, 0), writes(0, 0), writes(),
  ]),

  call('softmaxForward', 'row by row', [2, 3, floats(0, log(2), log(3), 5, 5, 5), writes(1 / 6, 1 / 3, 1 / 2, 1 / 3, 1 / 3, 1 / 3)]),
  call('softmaxForward', 'in place', [1, 2, updates([log(3), 0], [0.75, 0.25]), same(2)]),
  call('softmaxForward', 'large logits', [1, 3, floats(1e4, 1e4, -1e4), writes(0.5, 0.5, 0)]),
  call('softmaxForward', '-Infinity', [1, 3, floats(-Infinity, 1, 1), writes(0, 0.5, 0.5)]),
  call('softmaxForward', 'NaN and Infinity spoil their rows alone',
    [4, 2, floats(NaN, 1, 1, NaN, Infinity, 1, 2, 2), writes(NaN, NaN, NaN, NaN, NaN, NaN, 0.5, 0.5)]),
  call('softmaxForward', 'one column', [2, 1, floats(-3, 1e30), writes(1, 1)]),
  call('softmaxForward', 'no columns', [2, 0, floats(), writes()]),
  call('expandMembersForward', 'a row for each member', [2, 2, 3, floats(1, 2, 3, 4, 5, 6), floats(1, -1, 1, 2, 0, NaN),
    writes(1, -2, 3, 2, 0, NaN, 4, -5, 6, 8, 0, NaN)]),
  call('expandMembersForward', 'no members', [2, 0, 1, floats(1, 2), floats(), writes()]),
  call('expandMembersBackward', 'sums over rows, and over members', [2, 2, 1, floats(3, 5), floats(1, -2), floats(1, 10, 100, 1000),
    writes(503, 5030), writes(-19, -1900)]),
  call('expandMembersBackward', 'no members', [2, 0, 1, floats(3, 5), floats(), floats(), writes(), writes(0, 0)]),
  call('expandMembersBackward', 'no rows', [0, 2, 1, floats(), floats(1, 2), floats(), writes(0, 0), writes()]),
  call('affineColumnsForward', 'x·scale + shift', [2, 2, floats(1, 2, 3, 4), floats(10, 0), floats(1, -1), writes(11, -1, 31, -1)]),
  call('affineColumnsForward', 'in place', [1, 2, updates([1, NaN], [3, NaN]), floats(2, 0), floats(1, 1), same(2)]),
  call('affineColumnsBackward', 'sums over rows', [2, 2, floats(1, 2, 3, 4), floats(10, 0.5), floats(1, -1, 100, 2),
    writes(301, 6), writes(101, 1), writes(10, -0.5, 1000, 1)]),
  call('affineColumnsBackward', 'in place of x', [2, 1, updates([1, 3], [10, 1000]), floats(10), floats(1, 100), writes(301), writes(101), same(2)]),
  call('affineColumnsBackward', 'in place of dy', [2, 1, floats(1, 3), floats(10), updates([1, 100], [10, 1000]), writes(301), writes(101), same(4)]),
  call('affineColumnsBackward', 'no rows', [0, 1, floats(), floats(10), floats(), writes(0), writes(0), writes()]),
  call('memberLinearForward', 'weights of each member', [2, 2, 1, 2, floats(1, 2, 3, 4, 5, 6, 7, 8), floats(1, 10, -1, 0), floats(100, 0.5),
    writes(121, -2.5, 165, -6.5)]),
  call('memberLinearForward', 'no inputs: the biases', [1, 2, 1, 0, floats(), floats(), floats(3, 4), writes(3, 4)]),
  call('memberLinearBackward', 'by member', [2, 2, 1, 2, floats(1, 2, 3, 4, 5, 6, 7, 8), floats(1, 10, -1, 0), floats(1, 2, 10, 20),
    writes(51, 62, 146, 168), writes(1, 10, -2, 0, 10, 100, -20, 0)]),
  call('memberLinearBackward', 'no rows', [0, 1, 1, 2, floats(), floats(1, 2), floats(), writes(0, 0), writes()]),
  call('meanMembers', 'of each column', [2, 2, 2, floats(1, 2, 3, 6, 0, NaN, 1, 1), writes(2, 4, 0.5, NaN)]),
  call('meanMembers', 'no rows', [0, 2, 2, floats(), writes()]),
  call('softmaxBackward', 'y(dy − Σ dy·y)', [1, 2, floats(0.25, 0.75), floats(1, 3), writes(-0.375, 0.375)]),
  call('softmaxBackward', 'in place', [1, 2, floats(0.25, 0.75), updates([1, 3], [-0.375, 0.375]), same(3)]),

  call('softmaxCrossEntropyForward', 'adds up rows',
    [2, 2, floats(0, log(3), 1, 1), ints(0, 1), writes(0.25, 0.75, 0.5, 0.5)], log(8)),
  call('softmaxCrossEntropyForward', 'in place', [1, 2, updates([0, log(3)], [0.25, 0.75]), ints(1), same(2)], log(4 / 3)),
  call('softmaxCrossEntropyForward', 'finite where p underflows', [1, 2, floats(0, 1e4), ints(0), writes(0, 1)], 1e4),
  call('softmaxCrossEntropyForward', 'impossible label', [1, 2, floats(-Infinity, 0), ints(0), writes(0, 1)], Infinity),
  call('softmaxCrossEntropyForward', 'NaN', [1, 2, floats(NaN, 0), ints(1), writes(NaN, NaN)], NaN),
  call('softmaxCrossEntropyForward', 'no rows', [0, 3, floats(), ints(), writes()], 0),
  call('softmaxCrossEntropyBackward', 'scale·(p − onehot)',
    [2, 2, 0.5, floats(0.25, 0.75, 0.5, 0.5), ints(0, 1), writes(-0.375, 0.375, 0.25, -0.25)]),
  call('softmaxCrossEntropyBackward', 'in place', [1, 2, 2, updates([0.25, 0.75], [0.5, -0.5]), ints(1), same(3)]),

  call('softCrossEntropyForward', 'Σ −a·log p',
    [2, 2, 0, floats(0, log(3), 1, 1), floats(0.5, 0.5, 1, 0), floats(1, 1), writes(0.25, 0.75, 0.5, 0.5)], 0.5 * log(16 / 3) + log(2)),
  call('softCrossEntropyForward', 'smoothing takes ε from the targets and spreads it',
    [1, 2, 0.5, floats(0, log(3)), floats(1, 0), floats(1, 1), writes(0.25, 0.75)], 0.75 * log(4) + 0.25 * log(4 / 3)),
  call('softCrossEntropyForward', 'class weights',
    [1, 2, 0.5, floats(0, log(3)), floats(1, 0), floats(4, 2), writes(0.25, 0.75)], 3 * log(4) + 0.5 * log(4 / 3)),
  call('softCrossEntropyForward', 'in place',
    [1, 2, 0, updates([0, log(3)], [0.25, 0.75]), floats(1, 0), floats(1, 1), same(3)], log(4)),
  call('softCrossEntropyForward', 'finite where p underflows',
    [1, 2, 0, floats(0, 1e4), floats(0.5, 0.5), floats(1, 1), writes(0, 1)], 5e3),
  call('softCrossEntropyForward', 'an impossible class counts where its target does',
    [2, 2, 0, floats(-Infinity, 0, -Infinity, 0), floats(0, 1, 0, 1), floats(1, 1), writes(0, 1, 0, 1)], 0),
  call('softCrossEntropyForward', 'an impossible target',
    [1, 2, 0, floats(-Infinity, 0), floats(0.5, 0.5), floats(1, 1), writes(0, 1)], Infinity),
  call('softCrossEntropyForward', 'NaN', [1, 2, 0, floats(NaN, 0), floats(0, 1), floats(1, 1), writes(NaN, NaN)], NaN),
  call('softCrossEntropyForward', 'no rows', [0, 3, 0.5, floats(), floats(), floats(1, 1, 1), writes()], 0),
  call('softCrossEntropyForward', 'no columns', [2, 0, 0.5, floats(), floats(), floats(), writes()], 0),
  call('softCrossEntropyBackward', 'scale·(p·Σa − a)',
    [1, 2, 0.5, 0.5, floats(0.25, 0.75), floats(1, 0), floats(4, 2), writes(-1.0625, 1.0625)]),
  call('softCrossEntropyBackward', 'in place',
    [1, 2, 2, 0, updates([0.25, 0.75], [0.5, -0.5]), floats(0, 1), floats(1, 1), same(4)]),
  call('squaredErrorForward', 'Σ(x − t)²', [3, floats(1, 2, 3), floats(0, 4, 3)], 5),
  call('squaredErrorForward', 'no elements', [0, floats(), floats()], 0),
  call('squaredErrorForward', 'NaN', [1, floats(NaN), floats(0)], NaN),
  call('squaredErrorBackward', 'scale·(x − t)', [3, 0.5, floats(1, 2, 3), floats(0, 4, 3), writes(0.5, -1, 0)]),
  call('squaredErrorBackward', 'in place', [2, 2, updates([1, 2], [2, -4]), floats(0, 4), same(2)]),

  call('huberForward', 'half squares, then lines, by weight', [2, 2, 1, floats(0.5, -2, 3, 9), floats(0, 0, 2, 9), floats(2, 4)], 2 * (0.125 + 1.5) + 4 * 0.5),
  call('huberForward', 'an infinite δ is half the squared error', [1, 2, Infinity, floats(3, -4), floats(0, 0), floats(1)], 12.5),
  call('huberForward', 'a row of weight 0 counts 0', [2, 1, 1, floats(NaN, 0.5), floats(0, 0), floats(0, 1)], 0.125),
  call('huberForward', 'NaN', [1, 1, 1, floats(NaN), floats(0), floats(1)], NaN),
  call('huberForward', 'no rows', [0, 2, 1, floats(), floats(), floats()], 0),
  call('huberBackward', 'clamped errors, by weight', [2, 2, 0.5, 1, floats(0.5, -2, 3, 9), floats(0, 0, 2, NaN), floats(2, 4), writes(0.5, -1, 2, NaN)]),
  call('huberBackward', 'in place', [1, 2, 1, Infinity, updates([3, 1], [2, -3]), floats(1, 4), floats(1), same(4)]),
  call('pinballForward', 'more costs above than below', [1, 1, 2, floats(1, 3), floats(2), floats(0.25, 0.75), floats(4)], 4 * (0.25 + 0.25)),
  call('pinballForward', 'a row of weight 0 counts 0', [2, 1, 1, floats(NaN, 1), floats(0, 3), floats(0.5), floats(0, 1)], 1),
  call('pinballForward', 'no levels', [1, 1, 0, floats(), floats(2), floats(), floats(1)], 0),
  call('pinballBackward', '1 − τ above, −τ below, 0 on the target', [1, 3, 1, 2, floats(3, 1, 2), floats(2, 2, 2), floats(0.25), floats(4), writes(6, -2, 0)]),
  call('pinballBackward', 'in place', [1, 1, 2, 1, updates([NaN, 5], [NaN, 0.5]), floats(2), floats(0.5, 0.5), floats(1), same(4)]),
  call('sigmoidCrossEntropyForward', '−log p, by weight', [2, 1, floats(0, log(3)), floats(1, 0), floats(2, 1), writes(0.5, 0.75)], 2 * log(2) + log(4)),
  call('sigmoidCrossEntropyForward', 'finite where p rounds to 0 or 1', [1, 2, floats(-1e4, 1e4), floats(1, 0), floats(1), writes(0, 1)], 2e4),
  call('sigmoidCrossEntropyForward', 'in place; a row of weight 0 counts 0', [1, 1, updates([0], [0.5]), floats(1), floats(0), same(2)], 0),
  call('sigmoidCrossEntropyForward', 'no rows', [0, 2, floats(), floats(), floats(), writes()], 0),
  call('poissonForward', 'rate − t·log rate, by weight', [2, 1, floats(0, log(4)), floats(3, 2), floats(2, 1), writes(1, 4)], 2 + 4 - 2 * log(4)),
  call('poissonForward', 'in place', [1, 1, updates([0], [1]), floats(5), floats(1), same(2)], 1),

  call('argmax', 'row by row', [3, 3, floats(1, 3, 2, -1, -2, -3, 0, 1, 2), writesInts(1, 0, 2)]),
  call('argmax', 'the first of equals', [3, 3, floats(1, 2, 2, 5, 5, 5, -0, 0, 0), writesInts(1, 0, 0)]),
  call('argmax', 'the first NaN', [3, 3, floats(9, NaN, NaN, NaN, 1, 2, 1, Infinity, NaN), writesInts(1, 0, 2)]),
  call('argmax', 'infinities', [2, 3, floats(-Infinity, -Infinity, -Infinity, 0, Infinity, Infinity), writesInts(0, 1)]),
  call('argmax', 'no rows', [0, 0, floats(), writesInts()]),

  call('sgdStep', 'plain: v unread and empty', [2, 0.25, 0, 0, false, updates([1, 2], [0.5, 3]), floats(2, -4), floats()]),
  call('sgdStep', 'plain: v unwritten', [1, 0.25, 0, 0.5, true, updates([1], [0.75]), floats(0.5), updates([NaN], [NaN])]),
  call('sgdStep', 'momentum', [1, 0.25, 0.5, 0.5, false, updates([1], [0.25]), floats(0.5), updates([4], [3])]),
  call('sgdStep', 'Nesterov', [1, 0.25, 0.5, 0.5, true, updates([1], [0.375]), floats(0.5), updates([4], [3])]),

  call('adamStep', 'moments, then a step',
    [1, 0.25, 0.5, 0.75, 1, 0, 1, updates([1], [0.875]), floats(2), updates([0], [1]), updates([0], [1])]),
  call('adamStep', 'coupled decay enters the gradient',
    [1, 0.25, 0.5, 0.75, 0, 0.5, 1, updates([2], [1.75]), floats(1), updates([0], [1]), updates([0], [1])]),
  call('adamStep', 'decoupled decay shrinks first',
    [1, 0.25, 0.5, 0.75, 0, 0, 0.5, updates([2], [0.75]), floats(2), updates([0], [1]), updates([0], [1])]),
  call('adamStep', 'no gradient so far', [1, 0.25, 0.5, 0.75, 0.125, 0, 1, updates([2], [2]), floats(0), updates([0], [0]), updates([0], [0])]),
  call('adamStep', 'NaN shows', [1, 1, 0.5, 0.5, 1, 0, 1, updates([2], [NaN]), floats(NaN), updates([0], [NaN]), updates([0], [NaN])]),
  // dw may hold anything afterwards; of so few elements both backends store the gradient.
  call('sgdLinearStep', 'w moves along dyᵀ·x', [
    2, 1, 2, floats(1, 2), floats(3, 4, 5, 6), 0.5, 0, 1, false, room(2), updates([2, 4], [-5.5, -6]), floats(),
  ]),
  call('sgdLinearStep', 'momentum', [
    1, 1, 1, floats(0.25), floats(2), 0.25, 0.5, 0.5, true, room(1), updates([1], [0.375]), updates([4], [3]),
  ]),
  call('sgdLinearStep', 'no rows: no gradient', [0, 1, 1, floats(), floats(), 0.5, 0, 1, false, room(1), updates([2], [1]), floats()]),
  call('sgdLinearStep', 'no weights', [2, 0, 3, floats(), floats(1, 2, 3, 4, 5, 6), 0.5, 0, 0, false, floats(), floats(), floats()]),
  call('adamLinearStep', 'moments of dyᵀ·x, then a step', [
    2, 1, 1, floats(1, 2), floats(0, 1), 0.25, 0.5, 0.75, 1, 0, 1, room(1), updates([1], [0.875]), updates([0], [1]),
    updates([0], [1]),
  ]),
  call('adamLinearStep', 'no rows: no gradient', [
    0, 1, 1, floats(), floats(), 0.25, 0.5, 0.75, 1, 0, 0.5, room(1), updates([2], [1]), updates([0], [0]), updates([0], [0]),
  ]),
  call('adamLinearStep', 'NaN shows', [
    1, 1, 1, floats(NaN), floats(0), 1, 0.5, 0.5, 1, 0, 1, room(1), updates([2], [NaN]), updates([0], [NaN]),
    updates([0], [NaN]),
  ]),
  call('byteLinearForward', 'bytes stand for scale·x + shift', [
    2, 2, 2, bytes(0, 255, 128, 4), floats(0.5, 2), floats(-1, 8), floats(1, -1, 2, 0.5), writes(-519, 257, 47, 134),
  ]),
  call('byteLinearForward', 'no rows', [0, 2, 1, bytes(), floats(1), floats(0), floats(1, 2), writes()]),
  call('byteLinearForward', 'no columns', [1, 2, 0, bytes(), floats(), floats(), floats(), writes(0, 0)]),
  call('byteLinearForward', 'no weights', [2, 0, 1, bytes(1, 2), floats(1), floats(0), floats(), writes()]),
  call('byteLinearForward', 'NaN shows', [1, 1, 1, bytes(128), floats(1), floats(0), floats(NaN), writes(NaN)]),
  call('byteLinearBackward', 'dyᵀ·(scale·x + shift)', [
    2, 2, 2, floats(1, -1, 2, 0.5), bytes(0, 255, 128, 4), floats(0.5, 2), floats(-1, 8), writes(125, 550, 32.5, -510),
  ]),
  call('byteLinearBackward', 'no rows: no gradient', [0, 1, 2, floats(), bytes(), floats(1, 1), floats(5, 5), writes(0, 0)]),
  call('byteLinearBackward', 'NaN shows', [1, 1, 1, floats(NaN), bytes(128), floats(1), floats(0), writes(NaN)]),
  call('sgdByteLinearStep', 'w moves along dyᵀ·(scale·x + shift)', [
    2, 1, 2, floats(1, 2), bytes(3, 4, 5, 6), floats(2, 1), floats(-1, 0), 0.5, 0, 1, false, room(2), updates([2, 4], [-10.5, -6]), floats(),
  ]),
  call('sgdByteLinearStep', 'momentum', [
    1, 1, 1, floats(0.25), bytes(2), floats(1), floats(0), 0.25, 0.5, 0.5, true, room(1), updates([1], [0.375]), updates([4], [3]),
  ]),
  call('adamByteLinearStep', 'moments of dyᵀ·(scale·x + shift), then a step', [
    2, 1, 1, floats(1, 2), bytes(0, 4), floats(0.25), floats(0), 0.25, 0.5, 0.75, 1, 0, 1, room(1), updates([1], [0.875]),
    updates([0], [1]), updates([0], [1]),
  ]),
  call('rmspropStep', 'g over the root of its mean square',
    [1, 0.5, 0.75, 1, 0, updates([1], [0.5]), floats(2), updates([0], [1])]),
  call('rmspropStep', 'coupled decay', [1, 0.5, 0.75, 0, 0.5, updates([2], [1]), floats(1), updates([0], [1])]),
  call('lionStep', 'the sign decides, the momentum follows',
    [3, 0.25, 0.5, 0.75, 0, 1, updates([1, 1, 1], [0.75, 1.25, 1]), floats(4, -8, 0), updates([-2, 4, 0], [-0.5, 1, 0])]),
  call('lionStep', 'decay: in the gradient, or apart',
    [1, 0.25, 0.5, 0.75, 0.5, 0.5, updates([2], [0.75]), floats(0), updates([0], [0.25])]),
  call('lionStep', 'NaN shows', [1, 0.25, 0.5, 0.5, 0, 1, updates([1], [NaN]), floats(NaN), updates([0], [NaN])]),
  call('lerp', 'y + t(x − y)', [3, 0.25, floats(4, 0, 1), updates([0, 4, 1], [1, 3, 1])]),
  call('lerp', 'no elements', [0, 0.5, floats(), updates([], [])]),

  call('gatherRows', 'bytes',
    [3, 2, ints(2, 0, 2), bytes(0, 255, 1, 2, 128, 4), floats(2, 0.5), floats(-1, 1), writes(255, 3, -1, 128.5, 255, 3)]),
  call('gatherRows', 'floats', [2, 2, ints(1, 1), floats(0, 0, -1.5, 4), floats(2, 0.5), floats(-1, 1), writes(-4, 3, -4, 3)]),
  call('gatherRows', 'no rows', [0, 2, ints(), bytes(), floats(1, 1), floats(0, 0), writes()]),
  call('gatherRows', 'no columns', [2, 0, ints(5, -5), bytes(), floats(), floats(), writes()]),

  call('gatherImages', 'as they are', [1, 1, 2, 2, ints(1), geometry(), photos, ...plain(4), writes(5, 6, 7, 8)]),
  call('gatherImages', 'mirrored', [1, 1, 2, 2, ints(0), geometry({ flip: 1 }), photos, ...plain(4), writes(2, 1, 4, 3)]),
  call('gatherImages', 'any flip but 0 mirrors', [1, 1, 1, 2, ints(0), geometry({ flip: -9 }), photos, ...plain(2), writes(2, 1)]),
  call('gatherImages', 'moved right', [1, 1, 2, 3, ints(0), geometry({ dx: 1 }), photos, ...plain(6), writes(1, 1, 2, 4, 4, 5)]),
  call('gatherImages', 'moved left', [1, 1, 2, 3, ints(0), geometry({ dx: -1 }), photos, ...plain(6), writes(2, 3, 3, 5, 6, 6)]),
  call('gatherImages', 'moved down', [1, 1, 2, 3, ints(0), geometry({ dy: 1 }), photos, ...plain(6), writes(1, 2, 3, 1, 2, 3)]),
  call('gatherImages', 'moved up', [1, 1, 2, 3, ints(0), geometry({ dy: -1 }), photos, ...plain(6), writes(4, 5, 6, 4, 5, 6)]),
  call('gatherImages', 'moved, then mirrored about the edges that repeat',
    [1, 1, 2, 3, ints(0), geometry({ flip: 1, dx: 1 }), photos, ...plain(6), writes(3, 3, 2, 6, 6, 5)]),
  call('gatherImages', 'moved far out of the picture',
    [2, 1, 2, 2, ints(0, 0), geometry({ dx: 2 ** 31 - 1 }, { dx: -(2 ** 31), dy: 7 }), photos, ...plain(4), writes(1, 1, 3, 3, 2, 2, 2, 2)]),
  call('gatherImages', 'each plane alike', [1, 2, 1, 2, ints(1), geometry({ flip: 1 }), photos, ...plain(4), writes(6, 5, 8, 7)]),
  call('gatherImages', 'cut out, to zero whatever the shift', [
    1, 1, 2, 3, ints(0), geometry({ left: 1, top: 0, right: 9, bottom: 1 }), photos, floats(1, 1, 1, 1, 1, 1),
    floats(9, 9, 9, 9, 9, 9), writes(10, 0, 0, 13, 14, 15),
  ]),
  call('gatherImages', 'a rectangle outside cuts nothing', [
    1, 1, 2, 2, ints(0), geometry({ left: -5, top: 0, right: -1, bottom: 2 }), photos, ...plain(4), writes(1, 2, 3, 4),
  ]),
  call('gatherImages', 'scale and shift are those of the pixel written', [
    1, 1, 1, 2, ints(0), geometry({ flip: 1 }), photos, floats(10, 100), floats(1, 2), writes(21, 102),
  ]),
  call('gatherImages', 'out of floats', [1, 1, 1, 2, ints(1), geometry({ dx: 1 }), floats(0, 0, 0.5, 1.5), ...plain(2), writes(0.5, 0.5)]),
  call('gatherImages', 'no rows', [0, 1, 2, 2, ints(), ints(), photos, ...plain(4), writes()]),
  call('gatherImages', 'no columns', [2, 1, 2, 0, ints(5, -5), geometry({}, {}), bytes(), floats(), floats(), writes()]),
  // Seconds since 1970, which float32 rounds to multiples of 128.
  call('standardizeRows', 'centred before they are rounded', [
    2, 2, ints(2, 0), doubles(1.7e9, 5e-324, 0, 0, 1.7e9 + 40, 1.5e-323), doubles(1.7e9 + 20, 1e-323), doubles(20, 5e-324), writes(1, 1, -1, -1),
  ]),
  call('standardizeRows', 'as far apart as float64 goes', [1, 1, ints(0), doubles(1e308), doubles(-5e307), doubles(1e308), writes(1.5)]),
  call('standardizeRows', 'of singles', [1, 2, ints(1), singles(0, 0, 1.5, -4), doubles(1, 0), doubles(0.25, 2), writes(2, -2)]),
  call('standardizeRows', 'of bytes', [1, 2, ints(1), bytes(0, 0, 255, 1), doubles(155, 2), doubles(50, 4), writes(2, -0.25)]),
  call('standardizeRows', 'no rows', [0, 2, ints(), doubles(), doubles(1, 1), doubles(0, 0), writes()]),
  call('standardizeRows', 'no columns', [2, 0, ints(5, -5), doubles(), doubles(), doubles(), writes()]),
  call('standardizeImages', 'moved, then mirrored, with mean and std of the pixel written', [
    1, 1, 1, 3, ints(1), geometry({ flip: 1, dx: 1 }), doubles(0, 0, 0, 1e9, 2e9, 3e9), doubles(1e9, 1e9, 0), doubles(1e9, 2e9, 1e9), writes(2, 1, 2),
  ]),
  call('standardizeImages', 'each plane alike, cut to zero', [
    2, 2, 1, 2, ints(1, 0), geometry({ flip: 1 }, { left: 1, right: 2, bottom: 1 }), singles(1, 2, 3, 4, 5, 6, 7, 8),
    doubles(1, 1, 1, 1), doubles(1, 1, 1, 1), writes(5, 4, 7, 6, 0, 0, 2, 0),
  ]),
  call('standardizeImages', 'of bytes', [1, 1, 1, 2, ints(0), geometry({ flip: 1 }), photos, doubles(1, 1), doubles(2, 2), writes(0.5, 0)]),
  call('standardizeImages', 'no columns', [2, 1, 2, 0, ints(5, -5), geometry({}, {}), bytes(), doubles(), doubles(), writes()]),
  call('gatherBytes', 'rows as they are', [3, 2, ints(2, 0, 2), bytes(0, 255, 1, 2, 128, 4), writesBytes(128, 4, 0, 255, 128, 4)]),
  call('gatherBytes', 'no rows', [0, 2, ints(), bytes(), writesBytes()]),
  call('gatherBytes', 'no columns', [2, 0, ints(5, -5), bytes(), writesBytes()]),
  call('gatherByteImages', 'moved, then mirrored', [1, 1, 2, 3, ints(0), geometry({ flip: 1, dx: 1 }), photos, writesBytes(3, 3, 2, 6, 6, 5)]),
  call('gatherByteImages', 'each plane alike, cut to zero', [
    2, 2, 1, 2, ints(1, 0), geometry({ flip: 1 }, { left: 1, right: 2, bottom: 1 }), photos, writesBytes(6, 5, 8, 7, 1, 0, 3, 0),
  ]),
  call('gatherByteImages', 'no columns', [2, 1, 2, 0, ints(5, -5), geometry({}, {}), bytes(), writesBytes()]),
  call('byteMoments', 'sums of columns and of their squares',
    [3, 2, bytes(1, 255, 2, 0, 3, 255), writesInts(6, 510), writesInts(14, 130050)]),
  call('byteMoments', 'no rows', [0, 2, bytes(), writesInts(0, 0), writesInts(0, 0)]),
  call('byteMoments', 'no columns', [2, 0, bytes(), writesInts(), writesInts()]),
  call('mixRows', 'λ own and 1 − λ of the partner',
    [3, 2, 0.25, ints(1, 2, 0), floats(0, 4, 8, 16, 32, 0), writes(6, 13, 26, 4, 8, 3)]),
  call('mixRows', 'a row with itself', [1, 2, 0.5, ints(0), floats(3, -5), writes(3, -5)]),
  call('mixRows', 'no rows', [0, 2, 0.5, ints(), floats(), writes()]),
  call('fillNormal', 'std times the normals of the key', [
    5, 2, ints(1, 7), writes(0.009751108518106712, -1.044937354971707, 0.10401022890453157, -3.414698902816794, 0.6695004546945684),
  ]),
  call('fillNormal', 'nothing', [0, 2, ints(1, 7), writes()]),
  call('fillUniform', 'uniforms of the key between two bounds', [
    3, 1, 3, ints(1, 7), writes(2.7448150047566742, 2.5029703064356, 1.4649961467366666),
  ]),
  call('fillUniform', 'nothing', [0, 1, 3, ints(1, 7), writes()]),
];

const constructors = { Float32Array, Float64Array, Int32Array, Uint8Array };
const guards = [77, 78, 79];
/** A source without its guards: its length is its number of rows. */
const isSource = (kernel: KernelName, position: number): boolean =>
  /^(gather|standardize)(Rows|Bytes)$/.test(kernel) ? position === 3 : /^(gather|standardize)(Byte)?Images$/.test(kernel) && position === 6;

/** Numbers agree within 8 roundings; NaN with NaN, infinities and zeros with themselves. */
function agree(actual: number, right: number, dtype: Dtype): boolean {
  if (Object.is(actual, right)) return true;
  return right !== 0 && Math.abs(actual - right) <= 8 * unitRoundoff(dtype) * Math.abs(right);
}

function expectAgreement(actual: readonly number[], right: readonly number[], dtype: Dtype): void {
  const settled = actual.map((value, i) => (i < right.length && agree(value, right[i]!, dtype) ? right[i]! : value));
  expect(settled).toEqual(right);
}

/** The tests of kernels of a precision, for a describe of their own. */
export function testContract(kernels: Kernels, precision: Precision): void {
  const dtype = storedDtype(precision);
  const anyKernel = kernels as unknown as Readonly<Record<KernelName, (...args: unknown[]) => unknown>>;

  test.each(cases.filter(({ kernel }) => kernelsIn(precision).includes(kernel)))('$kernel: $title', ({ kernel, args, returns }) => {
    const tailOf = (position: number): readonly number[] => (isSource(kernel, position) ? [] : guards);
    const made: unknown[] = [];
    args.forEach((argument, position) => {
      if (typeof argument !== 'object') made.push(argument);
      else if ('alias' in argument) made.push(made[argument.alias]);
      else {
        const content = [...argument.before, ...tailOf(position)];
        const array = argument.type === 'floats' ? allocate(dtype, content.length) : new constructors[argument.type](content.length);
        array.set(content);
        made.push(array);
      }
    });
    const result = anyKernel[kernel](...made);
    args.forEach((argument, position) => {
      if (typeof argument !== 'object' || 'alias' in argument) return;
      const own = argument.isRoom === true ? Array.from(made[position] as FloatArray).slice(0, argument.before.length) : undefined;
      const right = [...(own ?? argument.after ?? argument.before), ...tailOf(position)];
      const rounded = own === undefined && argument.after === undefined && argument.type === 'floats' ? roundedTo(dtype, right) : right;
      expectAgreement(Array.from(made[position] as FloatArray), rounded, dtype);
    });
    if (returns === undefined) expect(result).toBeUndefined();
    else expectAgreement([result as number], [returns], dtype);
  });

  test.each([
    ['A·B', false, false, 133, 131, 515],
    ['A·Bᵀ', false, true, 133, 531, 1029],
    ['Aᵀ·B', true, false, 133, 131, 515],
    ['Aᵀ·Bᵀ', true, true, 133, 131, 515],
  ] as const)('gemm: %s of many blocks, exact in integers', (_, transA, transB, m, n, k) => {
    // At odd addresses: a vector of three elements more begins elsewhere in a cache line.
    const a = allocate(dtype, m * k + 3).map((_x, i) => (i * 7) % 11 - 5).subarray(3);
    const b = allocate(dtype, k * n + 1).map((_x, i) => (i * 5) % 13 - 6).subarray(1);
    const c = allocate(dtype, m * n).fill(NaN);
    kernels.gemm(transA, transB, m, n, k, 1, a, b, 0, c);
    const right = allocate(dtype, m * n);
    const [rowOfA, columnOfA] = transA ? [1, m] : [k, 1];
    const [rowOfB, columnOfB] = transB ? [1, k] : [n, 1];
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += a[i * rowOfA + p * columnOfA]! * b[p * rowOfB + j * columnOfB]!;
        right[i * n + j] = sum;
      }
    }
    // To compare tens of thousands of numbers one by one takes expect longer than the product.
    const wrong = (): number[] => Array.from(right.keys()).filter((i) => !Object.is(c[i], right[i]));
    expect(wrong()).toEqual([]);
    kernels.gemm(transA, transB, m, n, k, 2, a, b, -1, c);
    expect(wrong()).toEqual([]);
  });

  test('softmax keeps powers down to the smallest normal number', () => {
    const single = dtype === 'float32';
    // Where exp is the smallest normal number and a little more, and the number below that.
    const [last, below] = single ? [-87.33654022216797, -87.33654785156250] : [-708.3964185322641, -708.3964185322642];
    const smallest = single ? 2 ** -126 : 2 ** -1022;
    const y = allocate(dtype, 3);
    kernels.softmaxForward(1, 3, allocate(dtype, 3).map((_, i) => [0, last, below][i]!), y);
    expect(y[0]).toBe(1);
    expect(y[1]! / smallest).toBeGreaterThan(1 - 4 * unitRoundoff(dtype));
    expect(y[1]! / smallest).toBeLessThan(1 + 1e-5);
    // Below, it may be kept or put to 0.
    if (y[2] !== 0) expect(y[2]! / smallest).toBeCloseTo(1, 4);
  });

  test('scalars are rounded to the dtype on entry', () => {
    const x = allocate(dtype, 1).fill(1);
    kernels.scal(1, 0.1, x);
    expect(x[0]).toBe(dtype === 'float32' ? Math.fround(0.1) : 0.1);
  });

  test('a step of SGD rounds after each operation', () => {
    const one = (value: number): FloatArray => allocate(dtype, 1).fill(value);
    const [w, v] = [one(SQRT2), one(Math.PI)];
    kernels.sgdStep(1, 0.1, 0.9, 0.3, true, w, one(Math.E), v);
    const r = (value: number): number => roundedTo(dtype, [value])[0]!;
    const g = r(r(Math.E) + r(r(0.3) * r(SQRT2)));
    const velocity = r(r(r(0.9) * r(Math.PI)) + g);
    expect(v[0]).toBe(velocity);
    expect(w[0]).toBe(r(r(SQRT2) - r(r(0.1) * r(g + r(r(0.9) * velocity)))));
  });

  test('a step of Adam rounds after each operation, and 1 − β once', () => {
    const one = (value: number): FloatArray => allocate(dtype, 1).fill(value);
    const [w, m, v] = [one(SQRT2), one(0.3), one(0.7)];
    kernels.adamStep(1, 0.01, 0.9, 0.999, 1e-8, 0.3, 0.99, w, one(Math.E), m, v);
    const r = (value: number): number => roundedTo(dtype, [value])[0]!;
    const g = r(r(Math.E) + r(r(0.3) * r(SQRT2)));
    expect(m[0]).toBe(r(r(r(0.9) * r(0.3)) + r(r(1 - 0.9) * g)));
    expect(v[0]).toBe(r(r(r(0.999) * r(0.7)) + r(r(r(1 - 0.999) * g) * g)));
    const denominator = r(r(Math.sqrt(v[0]!)) + r(1e-8));
    expect(w[0]).toBe(r(r(r(0.99) * r(SQRT2)) - r(r(r(0.01) * m[0]!) / denominator)));
  });
}

function roundedTo(dtype: Dtype, values: readonly number[]): number[] {
  return dtype === 'float32' ? values.map(Math.fround) : [...values];
}
