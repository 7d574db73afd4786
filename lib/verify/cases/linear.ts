import type { FloatArray, Kernels } from '../../kernels/contract';
import type { Draw } from '../draw';
import { exact, products, shapeOf, termSizes } from './shared';
import type { CaseMakers, VerifyCase } from './shared';

const { abs } = Math;

/**
 * Shapes m, n, k: those of products; some around the smallest that the native micro-kernels compute, with even and with ragged panels; and
 * one with more examples than they take.
 */
const shapes = [
  ...products, [129, 70, 131], [200, 50, 96], [64, 12, 512], [33, 25, 1037], [4, 131, 803], [4200, 6, 37],
] as const;
/** Forward products so large that threads also divide the contribution of the bytes' zero point, and so deep that they divide the depth, in several blocks. */
const large = [[130, 101, 999], [40, 24, 2100]] as const;

/** A step's arguments that follow its inputs. */
type ArgumentsAfterInputs<Step> =
  Step extends (m: number, n: number, k: number, dy: FloatArray, x: FloatArray, ...rest: infer Rest) => void ? Rest : never;

/** The steps of a layer with drawn dy[m,n] and inputs [m,k], the first column of each zero. */
interface LayerSteps {
  readonly label: string;
  /** For each weight, Σ|terms| of its gradient and the bound of the gradient's error; empty if gradients are exact. */
  readonly sums: Float64Array;
  readonly errors: Float64Array;
  readonly sgd: (kernels: Kernels, ...rest: ArgumentsAfterInputs<Kernels['sgdLinearStep']>) => void;
  readonly adam: (kernels: Kernels, ...rest: ArgumentsAfterInputs<Kernels['adamLinearStep']>) => void;
}

type LayerDraw = (from: Draw, m: number, n: number, k: number) => Generator<LayerSteps>;

/** With more weights than this one variant of a step is tested: threads divide all variants alike. */
const MANY = 30_000;
const variantsFor = <Variant>(weights: number, variants: readonly Variant[]): readonly Variant[] =>
  variants.slice(weights > MANY ? -1 : 0);

const none = new Float64Array(0);
const zeroFirst = (columns: number) => (value: number, i: number): number => (i % columns === 0 ? 0 : value);

/** Floats: ordinary ones, integers, and integers with a NaN or an infinity in dy. */
function* floats(from: Draw, m: number, n: number, k: number): Generator<LayerSteps> {
  const drawn = (label: string, dy: FloatArray, x: FloatArray, sums: Float64Array): LayerSteps => ({
    label,
    sums,
    errors: sums.map((sum) => from.sumBound(m + 1, sum)),
    sgd: (kernels, ...rest) => { kernels.sgdLinearStep(m, n, k, dy, x, ...rest); },
    adam: (kernels, ...rest) => { kernels.adamLinearStep(m, n, k, dy, x, ...rest); },
  });
  const [dy, x] = [from.uniform(m * n).map(zeroFirst(n)), from.uniform(m * k).map(zeroFirst(k))];
  yield drawn('', dy, x, termSizes(true, false, n, k, m, dy, x));
  const [integersDy, integersX] = [from.integers(m * n, 2).map(zeroFirst(n)), from.integers(m * k, 8, 1 / 8).map(zeroFirst(k))];
  yield drawn(' integers', integersDy, integersX, none);
  yield drawn(' special', from.withSpecial(integersDy), integersX, none);
}

/** Bytes x[m,k] with scale and shift of each column, and for each element the magnitude of the terms it is computed from. */
interface ByteInputs {
  readonly x: Uint8Array;
  readonly scale: FloatArray;
  readonly shift: FloatArray;
  readonly sizes: Float64Array;
}

/** Inputs about as large as the floats above; with `isExact`, everything computed from them is exact in either way of computing it. */
function drawBytes(from: Draw, m: number, k: number, isExact: boolean): ByteInputs {
  const x = Uint8Array.from(from.random.randint(0, 256, m * k));
  const scale = (isExact ? from.integers(k, 1, 1 / 128) : from.uniform(k, 1 / 128)).map(zeroFirst(k));
  const shift = (isExact ? from.integers(k, 128, 1 / 128) : from.uniform(k)).map(zeroFirst(k));
  const sizes = new Float64Array(m * k);
  for (let row = 0, at = 0; row < m; row++) {
    for (let j = 0; j < k; j++, at++) sizes[at] = abs(scale[j]!) * (abs(x[at]! - 128) + 128) + abs(shift[j]!);
  }
  return { x, scale, shift, sizes };
}

/**
 * Bytes. The terms of the bound are the larger ones, scale·(x − 128) and shift + 128·scale, of the two ways to compute an input; each goes
 * through three roundings more than a product's.
 */
function* bytes(from: Draw, m: number, n: number, k: number): Generator<LayerSteps> {
  const drawn = (label: string, dy: FloatArray, { x, scale, shift }: ByteInputs, sums: Float64Array): LayerSteps => ({
    label,
    sums,
    errors: sums.map((sum) => from.sumBound(m + 4, sum)),
    sgd: (kernels, ...rest) => { kernels.sgdByteLinearStep(m, n, k, dy, x, scale, shift, ...rest); },
    adam: (kernels, ...rest) => { kernels.adamByteLinearStep(m, n, k, dy, x, scale, shift, ...rest); },
  });
  const [dy, inputs] = [from.uniform(m * n).map(zeroFirst(n)), drawBytes(from, m, k, false)];
  yield drawn('', dy, inputs, termSizes(true, false, n, k, m, dy, inputs.sizes));
  const [integersDy, exactInputs] = [from.integers(m * n, 2).map(zeroFirst(n)), drawBytes(from, m, k, true)];
  yield drawn(' integers', integersDy, exactInputs, none);
  yield drawn(' special', from.withSpecial(integersDy, [NaN]), exactInputs, none);
}

/**
 * With d the gradient's error: the velocity is off by d, the weight by lr (1 + momentum) d. Both sides do the same operations after that,
 * whose roundings differ because their operands do.
 */
function* sgdCases(from: Draw, draw: LayerDraw): Generator<VerifyCase> {
  for (const [m, n, k] of from.products(shapes)) {
    const inputs = [...draw(from, m, n, k)];
    for (const [momentum, nesterov] of variantsFor(n * k, [[0, false], [0.9, false], [0.9, true]] as const)) {
      const w = from.uniform(n * k);
      const v = momentum === 0 ? undefined : from.uniform(n * k);
      for (const { label, sums, errors, sgd } of inputs) {
        const rounding = sums.map((sum) => from.sumBound(4, sum + 3));
        const velocityErrors = momentum === 0 ? none : errors.map((error, i) => error + rounding[i]!);
        yield {
          label: `${shapeOf(m, n, k)} momentum=${momentum}${nesterov ? ' nesterov' : ''}${label}`,
          run: (kernels) => {
            const [weights, velocity] = [from.output(n * k, w), from.output(n * k, v)];
            sgd(kernels, 0.1, momentum, 0.01, nesterov, from.output(n * k).subarray(0, n * k), weights, velocity);
            return [weights, velocity];
          },
          bounds: sums.length === 0 ? [] : [errors.map((error, i) => error / 5 + rounding[i]!), velocityErrors],
        };
      }
    }
  }
}

/**
 * With d the gradient's error and s ≥ |g|: m is off by d/10 and v by s·d/50. As v starts at 1 or above, so does its root, nearly; it is
 * off by s·d/100, and a hundredth of m over it by (d/10 + |m|·s·d/100)/100, |m| ≤ 0.9 + s/10. The roundings of the
 * operations after that are added.
 */
function* adamCases(from: Draw, draw: LayerDraw): Generator<VerifyCase> {
  for (const [rows, n, k] of from.products(shapes)) {
    const inputs = [...draw(from, rows, n, k)];
    for (const [weightDecay, keep] of variantsFor(n * k, [[0, 1], [0.1, 1], [0, 1 - 1e-4]] as const)) {
      const [w, m] = [from.uniform(n * k), from.uniform(n * k)];
      const v = from.uniform(n * k).map((value) => 1 + abs(value));
      for (const { label, sums, errors, adam } of inputs) {
        const bound = (of: (s: number, d: number) => number): Float64Array => sums.map((sum, i) => of(sum + 1, 1.05 * errors[i]!));
        yield {
          label: `${shapeOf(rows, n, k)} weightDecay=${weightDecay} keep=${keep}${label}`,
          run: (kernels) => {
            const outputs = [w, m, v].map((values) => from.output(n * k, values)) as [FloatArray, FloatArray, FloatArray];
            adam(kernels, 0.01, 0.9, 0.99, 1e-8, weightDecay, keep, from.output(n * k).subarray(0, n * k), ...outputs);
            return outputs;
          },
          bounds: sums.length === 0 ? [] : [
            bound((s, d) => (d / 10 + (0.9 + s / 10) * s * d / 100) / 100 + from.sumBound(6, 2 + s / 100)),
            bound((s, d) => d / 10 + from.sumBound(4, 1 + s / 10)),
            bound((s, d) => s * d / 50 + from.sumBound(6, 2 + s * s / 100)),
          ],
        };
      }
    }
  }
}

export const linearCases: CaseMakers<'linear'> = {
  sgdLinearStep: (from) => sgdCases(from, floats),
  adamLinearStep: (from) => adamCases(from, floats),
};

export const byteCases: CaseMakers<'bytes'> = {
  /** The bound is that of the gradients of bytes. */
  *byteLinearForward(from) {
    for (const [m, n, k] of from.products([...shapes, ...large])) {
      const forward = ({ x, scale, shift }: ByteInputs, w: FloatArray): VerifyCase['run'] => (kernels) => {
        const y = from.output(m * n);
        kernels.byteLinearForward(m, n, k, x, scale, shift, w, y);
        return [y];
      };
      const [inputs, w] = [drawBytes(from, m, k, false), from.uniform(n * k).map(zeroFirst(k))];
      const sizes = termSizes(false, true, m, n, k, inputs.sizes, w);
      yield { label: shapeOf(m, n, k), run: forward(inputs, w), bounds: [sizes.map((sum) => from.sumBound(k + 4, sum))] };
      const [exactInputs, weights] = [drawBytes(from, m, k, true), from.integers(n * k, 2).map(zeroFirst(k))];
      yield exact(`${shapeOf(m, n, k)} integers`, forward(exactInputs, weights));
      yield exact(`${shapeOf(m, n, k)} special`, forward(exactInputs, from.withSpecial(weights, [NaN])));
    }
  },

  *byteLinearBackward(from) {
    for (const [m, n, k] of from.products(shapes)) {
      const backward = (dy: FloatArray, { x, scale, shift }: ByteInputs): VerifyCase['run'] => (kernels) => {
        const dw = from.output(n * k);
        kernels.byteLinearBackward(m, n, k, dy, x, scale, shift, dw);
        return [dw];
      };
      const [dy, inputs] = [from.uniform(m * n).map(zeroFirst(n)), drawBytes(from, m, k, false)];
      const sizes = termSizes(true, false, n, k, m, dy, inputs.sizes);
      yield { label: shapeOf(m, n, k), run: backward(dy, inputs), bounds: [sizes.map((sum) => from.sumBound(m + 4, sum))] };
      const [integersDy, exactInputs] = [from.integers(m * n, 2).map(zeroFirst(n)), drawBytes(from, m, k, true)];
      const noError = [new Float64Array(n * k)];
      yield { label: `${shapeOf(m, n, k)} integers`, run: backward(integersDy, exactInputs), bounds: noError };
      yield { label: `${shapeOf(m, n, k)} special`, run: backward(from.withSpecial(integersDy, [NaN]), exactInputs), bounds: noError };
    }
  },

  sgdByteLinearStep: (from) => sgdCases(from, bytes),
  adamByteLinearStep: (from) => adamCases(from, bytes),
};
