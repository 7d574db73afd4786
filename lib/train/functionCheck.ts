import { checkObject } from '../arguments';
import { expected } from '../errors';
import { compareGradients } from './compareGradients';
import type { GradientCheckOptions, GradientReport } from './compareGradients';

/** Arrays by name. */
export type NamedArrays = Readonly<Record<string, Float64Array>>;

/** A function of typed arrays: its value, and its gradient by each array. */
export type DifferentiableFunction = (x: NamedArrays) => { readonly loss: number; readonly gradients: NamedArrays };

/**
 * Compares the gradients that a function computes with its central differences at x, as of a model's parameters; it must be smooth there. The arrays of x are changed meanwhile and
 * hold what they held afterwards. Throws ERR_CONFIG for anything but Float64Arrays and for a function that gives no loss, ERR_SHAPE for gradients of other lengths.
 */
export function checkFunction(f: DifferentiableFunction, x: NamedArrays, options: GradientCheckOptions = {}): GradientReport {
  checkObject(x, 'x', 'Float64Arrays by name');
  const names = Object.keys(x);
  if (names.length === 0) throw expected('ERR_CONFIG', 'at least one array', 'x', x, { path: 'x' });
  for (const name of names) checkFloats(x[name], `x.${name}`);
  const arrays = names.map((name) => {
    const value = x[name]!;
    return { name, shape: [value.length], value, gradient: new Float64Array(value.length) };
  });
  const call = (): ReturnType<DifferentiableFunction> => {
    const result: unknown = f(x);
    checkObject(result, 'the function', 'a function that gives loss and gradients', ['loss', 'gradients']);
    const { loss, gradients } = result as ReturnType<DifferentiableFunction>;
    if (typeof (loss as unknown) !== 'number') throw expected('ERR_CONFIG', 'a number', 'the loss of the function', loss);
    return { loss, gradients };
  };
  return compareGradients({
    arrays,
    values: arrays.map(({ value }) => value),
    gradients: arrays.map(({ gradient }) => gradient),
    loss: () => call().loss,
    lossAndGradient: () => {
      const { loss, gradients } = call();
      for (const { name, gradient } of arrays) {
        const given = gradients[name];
        checkFloats(given, `the gradient by ${name}`);
        if (given!.length !== gradient.length) throw expected('ERR_SHAPE', `${String(gradient.length)} numbers`, `the gradient by ${name}`, given);
        gradient.set(given!);
      }
      return loss;
    },
    regions: () => new Uint8Array(0),
  }, options);
}

function checkFloats(value: unknown, name: string): void {
  if (Object.prototype.toString.call(value) !== '[object Float64Array]' || (value as Float64Array).length === 0) throw expected('ERR_CONFIG', 'a Float64Array with numbers', name, value, { path: name });
}
