import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../lib/files';
import { verifyCases } from '../../lib/verify/cases';
import { kernelsFor } from '../../lib/kernels';
import type { KernelName, Precision } from '../../lib/kernels/contract';
import { exact, flag, indices, reads, scalar, size, sizesIn, updates, writes } from '../../lib/kernels/declare';
import type { SignatureTable } from '../../lib/kernels/declare';
import { kernelNames, kernelsIn, signatures } from '../../lib/kernels/signatures';
import { kernelBackends, precisions } from '../support/backends';

// What a kernel is made of: a part that is missing is named here, where the compiler did not find it before.

const textOf = (...path: string[]): string => readFileSync(join(packageRoot, ...path), 'utf8');
const isOfSizes = (name: string, kernel: KernelName): boolean => signatures[kernel].args.some((argument) => argument.kind === 'size' && argument.name === name);

/** The names of the kernels that lack a part. */
const without = (has: (kernel: KernelName) => boolean): KernelName[] => kernelNames.filter((kernel) => !has(kernel));

describe('every kernel', () => {
  const contract = textOf('lib', 'kernels', 'contract.ts');
  const handComputed = textOf('__tests__', 'support', 'contract.ts');
  const table = textOf('native', 'table.h');

  test('has its arguments called as in the contract, in that order', () => {
    const parametersOf = (kernel: KernelName): string[] =>
      [...new RegExp(`^  ${kernel}\\(([^)]*)\\)`, 'm').exec(contract)![1]!.matchAll(/(\w+): /g)].map((match) => match[1]!);
    expect(kernelNames.map((kernel) => [kernel, signatures[kernel].args.map(({ name }) => name)]))
      .toEqual(kernelNames.map((kernel) => [kernel, parametersOf(kernel)]));
  });

  test('has lengths, bounds and aliases in terms of its own arguments', () => {
    const strangers = kernelNames.flatMap((kernel) => signatures[kernel].args.flatMap((argument) => {
      if (!('shape' in argument)) return [];
      const names = signatures[kernel].args.map(({ name }) => name);
      const { shape, sameAs, bound, readUnlessZero, unusedIfZero } = argument;
      return [
        ...shape.flatMap(sizesIn).filter((name) => !isOfSizes(name, kernel)),
        ...[...sameAs, bound, readUnlessZero, unusedIfZero].filter((name) => name !== undefined && !names.includes(name)),
      ].map((name) => `${kernel} ${argument.name}: ${String(name)}`);
    }));
    expect(strangers).toEqual([]);
  });

  test('has an implementation in TypeScript', () => {
    expect(without((kernel) => kernel in kernelsFor('float32', 'typescript'))).toEqual([]);
  });

  test.each(precisions)('has a native twin in native/table.h, for %s', (precision) => {
    expect(without((kernel) => new RegExp(`\\b${kernel}\\b`).test(table))).toEqual([]);
    for (const backend of kernelBackends) expect(kernelsIn(precision).filter((kernel) => !(kernel in kernelsFor(precision, backend)))).toEqual([]);
  });

  test.each<Precision>(['float32', 'bfloat16'])('has cases to verify in %s, with bounds unless it is exact', (precision) => {
    const names = kernelsIn(precision);
    const bounds = names.map((kernel) => [kernel, [...verifyCases(kernel, precision, 0)].every((each) => each.bounds.length === 0)]);
    expect(bounds).toEqual(names.map((kernel) => [kernel, signatures[kernel].exact]));
  });

  test('has hand-computed cases in support/contract.ts', () => {
    expect(without((kernel) => handComputed.includes(`call('${kernel}'`))).toEqual([]);
  });
});

test('what does not fit the contract does not compile', () => {
  const [n, m] = [size('n'), size('m')];
  const table: { [Name in 'axpy' | 'gatherRows']?: SignatureTable[Name] } = {};
  table.axpy = exact([n, scalar('alpha'), reads('x[n]'), updates('y[n]')]);
  // @ts-expect-error an argument is missing
  table.axpy = exact([n, scalar('alpha'), reads('x[n]')]);
  // @ts-expect-error the order is another
  table.axpy = exact([n, reads('x[n]'), scalar('alpha'), updates('y[n]')]);
  // @ts-expect-error the kind is another
  table.axpy = exact([n, flag('alpha'), reads('x[n]'), updates('y[n]')]);
  // @ts-expect-error a source is not an array of floats
  table.gatherRows = exact([m, n, indices('indices[m]', 'src'), reads('src[n]'), reads('scale[n]'), reads('shift[n]'), writes('x[m,n]')]);
  expect(table).toBeDefined();
});

test.each(kernelBackends.filter((backend) => backend !== 'native'))('arguments are checked also where Node compiles no text, on %s', (backend) => {
  const script = `const { kernelsFor } = require('./dist/kernels');
    const kernels = kernelsFor('float64', '${backend}');
    const y = Float64Array.of(1, 2);
    kernels.axpy(2, 2, y.slice(), y);
    console.log(y.join());
    const gather = (index, x) => kernels.gatherRows(1, 2, Int32Array.of(index), Uint8Array.of(5, 6, 7, 8), y, y, x);
    const x = new Float64Array(2);
    gather(1, x);
    console.log(x.join());
    for (const call of [() => kernels.axpy(3, 1, y, y), () => gather(2, x)]) {
      try { call(); } catch (error) { console.log(error.message); }
    }`;
  const { stdout } = spawnSync(process.execPath, ['--disallow-code-generation-from-strings', '-e', script], { cwd: packageRoot, encoding: 'utf8' });
  expect(stdout.trimEnd().split('\n')).toEqual([
    '3,6', '24,54', 'Expected a Float64Array of at least 3 elements for axpy x but received Float64Array of length 2',
    'Expected an index in [0, 2) for gatherRows indices[0] but received 2',
  ]);
});
