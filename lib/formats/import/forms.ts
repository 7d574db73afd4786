import { erf } from './erf';

/** A function of one number, as several nodes together compute it of each number of a row. */
export type Form = (x: number) => number;

const steps: Readonly<Record<string, (...values: number[]) => number>> = {
  Add: (a, b) => a + b, Sub: (a, b) => a - b, Mul: (a, b) => a * b, Div: (a, b) => a / b, Neg: (x) => -x, Exp: (x) => Math.exp(x), Log: (x) => Math.log(x), Tanh: (x) => Math.tanh(x),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)), Softplus: (x) => Math.log1p(Math.exp(x)), Erf: (x) => erf(x), Relu: (x) => Math.max(0, x), Max: Math.max, Sqrt: (x) => Math.sqrt(x),
};

/** The composition of an operator with functions; undefined for an operator that does not treat each number alike. */
export function composed(op: string, inputs: readonly Form[]): Form | undefined {
  const step = Object.hasOwn(steps, op) ? steps[op] : undefined;
  return step && ((x) => step(...inputs.map((input) => input(x))));
}

const selu = 1.0507009873554805;
const known = {
  relu: (x) => Math.max(0, x), tanh: Math.tanh, sigmoid: (x) => 1 / (1 + Math.exp(-x)), gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)), mish: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  selu: (x) => selu * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
} as const satisfies Readonly<Record<string, Form>>;

/** The activation function that a composition equals at a dozen places; undefined where it is none. GELU by tanh differs from the exact one in the fourth digit. */
export function activationOf(form: Form): keyof typeof known | undefined {
  const places = [-4, -2.5, -1.5, -1, -0.5, -0.1, 0, 0.2, 0.7, 1, 2, 4];
  return (Object.keys(known) as (keyof typeof known)[]).find((name) => places.every((x) => Math.abs(form(x) - known[name](x)) < 1e-6));
}
