import { kernelsFor } from '../../lib/kernels';
import { storedDtype } from '../../lib/kernels/contract';
import { precisionVariants } from '../support/backends';
import { testContract } from '../support/contract';

describe.each(precisionVariants)('$backend $precision', ({ backend, precision }) => {
  const kernels = kernelsFor(precision, backend);

  test('says what it is', () => {
    expect([kernels.backend, kernels.dtype]).toEqual([backend, storedDtype(precision)]);
  });

  testContract(kernels, precision);
});
