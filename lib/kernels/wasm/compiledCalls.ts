import type { KernelName } from '../contract';
import type { Argument, ArrayArgument } from '../declare';
import { signatures } from '../signatures';
import { isSize, isSource, productText } from '../validate';
import type { Frame } from './frame';
import type { ErrorOf, ModuleKernel } from './instance';

type Operations = Readonly<Record<string, (...values: unknown[]) => unknown>>;

/**
 * The kernels of the module as functions, compiled from their signatures: a loop over a signature would leave every call's arguments to the
 * garbage collector. Undefined where Node may not compile text.
 */
export function compileCalls(kernels: ReadonlyMap<string, ModuleKernel>, frame: Frame, errorOf: ErrorOf): Operations | undefined {
  const runs = [...kernels.values()].map(({ run }) => run);
  const texts = [...kernels].map(([name, { returns }], i) => `${name}: ${callText(name as KernelName, `$run${String(i)}`, returns)}`);
  const names = runs.map((_, i) => `$run${String(i)}`);
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- made of the constant table alone
    const make = new Function('$frame', '$numbers', '$kinds', '$isSize', '$errorOf', ...names, `return { ${texts.join(', ')} };`);
    return (make as (...helpers: unknown[]) => Operations)(frame, frame.numbers, frame.kinds, isSize, errorOf, ...runs);
  } catch (error) {
    if ((error as Error).name !== 'EvalError') throw error;
    return undefined;
  }
}

/** As {@link interpretCall} does it. Numbers are written here, as they would be objects on their way into another function. */
function callText(name: KernelName, run: string, returns: boolean): string {
  const { args } = signatures[name];
  const parameters = args.map((argument) => argument.name).join(', ');
  const conditions = args.flatMap((argument) => {
    switch (argument.kind) {
      case 'size': return [`$isSize(${argument.name})`];
      case 'scalar': return [`typeof ${argument.name} === 'number'`];
      case 'flag': return [`typeof ${argument.name} === 'boolean'`];
      default: return isSource(argument) ? [`$isSize(${volumeText(argument)})`] : [];
    }
  });
  const outputs = args.flatMap((argument, slot) => ('shape' in argument && (argument.use === 'writes' || argument.use === 'updates')
    ? [`$frame.output(${String(slot)}, ${argument.name}, ${volumeText(argument)});`] : []));
  return `(${parameters}) => {
    if (!(${conditions.join(' && ')})) throw $errorOf('${name}', [${parameters}]);
    let result, isRefused = false;
    try {
      ${args.map((argument, slot) => putText(args, argument, slot)).join('\n      ')}
      if (!isRefused) result = ${run}();
    } catch (error) {
      throw $errorOf('${name}', [${parameters}], error);
    }
    if (isRefused) throw $errorOf('${name}', [${parameters}]);
    ${outputs.join('\n    ')}
    $frame.clear();
    return ${returns ? 'result' : 'undefined'};
  }`;
}

function putText(args: readonly Argument[], argument: Argument, slot: number): string {
  const { name } = argument;
  if (argument.kind === 'flag') return `$numbers[${String(2 * slot)}] = ${name} ? 1 : 0; $kinds[${String(4 * slot + 2)}] = -2;`;
  if (!('shape' in argument)) return `$numbers[${String(2 * slot)}] = ${name}; $kinds[${String(4 * slot + 2)}] = -1;`;
  if (!isSource(argument)) return `$frame.array(${String(slot)}, ${name}, ${volumeText(argument)}, ${String(argument.use !== 'room')});`;
  const indexSlot = args.findIndex((other) => 'shape' in other && other.bound === name);
  const indices = args[indexSlot] as ArrayArgument;
  return `isRefused = !$frame.source(${String(slot)}, ${name}, ${volumeText(argument)}, ${String(indexSlot)}, ${indices.name}, ${volumeText(indices)});`;
}

/** How many elements of an array a call uses; of a source, how many a row has. */
function volumeText({ shape, unusedIfZero }: ArrayArgument): string {
  return unusedIfZero === undefined ? productText(shape) : `(${unusedIfZero} === 0 ? 0 : ${productText(shape)})`;
}
