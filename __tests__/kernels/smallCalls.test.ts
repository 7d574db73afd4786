import { defaultKernels, kernelsFor } from '../../lib/kernels';
import type { BackendName, KernelName, Kernels } from '../../lib/kernels/contract';
import { kernelNames } from '../../lib/kernels/signatures';
import { smallCalls } from '../../lib/kernels/smallCalls';
import { backends, variants } from '../support/backends';

type Log = { readonly backend: BackendName; readonly name: string; readonly args: readonly unknown[] }[];

/** Kernels that only write down who was called. */
function scribe(backend: BackendName, log: Log): Kernels {
  const kernels = kernelNames.map((name) => [name, (...args: unknown[]) => { log.push({ backend, name, args }); return log.length; }]);
  return { ...Object.fromEntries(kernels), backend, dtype: 'float32' } as Kernels;
}

const log: Log = [];
const kernels = smallCalls(scribe('native', log), scribe('typescript', log)) as unknown as Record<KernelName, (...args: unknown[]) => number>;
beforeEach(() => { log.length = 0; });

const alone: readonly KernelName[] = [
  'geluForward', 'geluBackward', 'byteLinearForward', 'byteLinearBackward', 'sgdByteLinearStep', 'adamByteLinearStep',
  'gatherImages', 'standardizeImages', 'gatherBytes', 'gatherByteImages', 'byteMoments', 'memberLinearForward', 'memberLinearBackward',
  'periodicForward', 'periodicBackward', 'embeddingForward', 'embeddingBackward',
];

test.each(kernelNames)('%s hands on what it is given, and what comes back', (name) => {
  // Flags, then sizes: the product of the first few decides, whether they be one, two or three.
  const args = name === 'gemm' ? [true, false, 2, 2, 2] : [2, 2, 2];
  const large = name === 'gemm' ? [true, false, 200, 200, 2] : [200, 200, 2];
  const rest = Array.from({ length: name === 'gemm' ? 5 : 12 }, (_, i) => `argument ${String(i)}`);
  expect([kernels[name](...args, ...rest), kernels[name](...large, ...rest)]).toEqual([1, 2]);
  expect(log).toEqual([
    { backend: alone.includes(name) ? 'native' : 'typescript', name, args: [...args, ...rest] },
    { backend: 'native', name, args: [...large, ...rest] },
  ]);
});

test.each<[KernelName, unknown[], unknown[]]>([
  ['gemm', [false, false, 5, 5, 10], [false, false, 5, 5, 11]],
  ['axpy', [64], [65]],
  ['tanhForward', [12], [13]],
  ['linearForward', [5, 5, 10], [5, 5, 11]],
  ['biasForward', [1, 64], [65, 1]],
  ['sgdLinearStep', [1, 10, 12], [1, 11, 11]],
])('%s changes over between %p and %p', (name, small, large) => {
  kernels[name](...small);
  kernels[name](...large);
  expect(log.map(({ backend }) => backend)).toEqual(['typescript', 'native']);
});

test.each(variants)('on $backend, in $dtype, they are of that backend', ({ backend, dtype }) => {
  expect(defaultKernels(dtype, backend)).toMatchObject({ backend, dtype });
  expect(defaultKernels(dtype, backend).nrm2(2, dtype === 'float32' ? Float32Array.of(3, 4) : Float64Array.of(3, 4))).toBe(5);
});

(backends.includes('native') ? describe : describe.skip)('with native kernels', () => {
  test.each([1, 1000])('a refusal of %i elements says the same as without', (n) => {
    const said = (of: Kernels): string => {
      try {
        of.nrm2(n, new Float64Array(n - 1));
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing';
    };
    expect(said(defaultKernels('float64', 'native'))).toBe(said(kernelsFor('float64', 'native')));
    expect(said(defaultKernels('float64', 'native'))).toMatch(/nrm2 x but received/);
  });
});
