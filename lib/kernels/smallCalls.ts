import type { KernelName, Kernels } from './contract';
import { kernelNames, signatures } from './signatures';

type Operation = (...args: unknown[]) => unknown;

/**
 * The kernels of `large`, with calls up to the size that their signatures name going to `small` instead. Which it is follows from a
 * call's sizes alone, so that equal calls give equal bits. Both check their arguments, because either may get a wrong call.
 */
export function smallCalls(large: Kernels, small: Kernels): Kernels {
  const [many, few] = [large, small] as unknown as readonly Readonly<Record<KernelName, Operation>>[];
  const chosen = kernelNames
    .filter((name) => signatures[name].small > 0)
    .map((name) => [name, choose(name, few![name], many![name])]);
  return { ...large, ...Object.fromEntries(chosen) as Partial<Kernels> };
}

/** By the product of the call's sizes: n, m·n or m·n·k, which come first or, in gemm, after two flags. */
function choose(name: KernelName, few: Operation, many: Operation): Operation {
  const { args, small } = signatures[name];
  const sizes = args.filter(({ kind }) => kind === 'size').length;
  if (args[0]!.kind === 'flag') {
    return (transA, transB, m, n, k, ...rest) => (
      (m as number) * (n as number) * (k as number) <= small ? few(transA, transB, m, n, k, ...rest) : many(transA, transB, m, n, k, ...rest));
  }
  if (sizes === 1) return (n, ...rest) => (n as number <= small ? few(n, ...rest) : many(n, ...rest));
  if (sizes === 2) return (m, n, ...rest) => ((m as number) * (n as number) <= small ? few(m, n, ...rest) : many(m, n, ...rest));
  return (m, n, k, ...rest) => (
    (m as number) * (n as number) * (k as number) <= small ? few(m, n, k, ...rest) : many(m, n, k, ...rest));
}
