/**
 * A jest matcher for suites that use blastrain. `import 'blastrain/jest'` in a test file, or in `setupFilesAfterEnv`,
 * registers it:
 *
 * ```ts
 * import 'blastrain/jest';
 * test('backpropagation is right', () => {
 *   expect(new Objective(model, 0.05)).toPassGradientCheck(x, labels, { samples: 50 });
 * });
 * ```
 *
 * Where jest's globals are not injected, register it by `expect.extend({ toPassGradientCheck })`.
 */
import { checkGradients, failureText } from './train/gradientCheck';
import type { GradientCheckOptions } from './train/gradientCheck';
import type { Objective } from './train/objective';

declare global {
  // Only a namespace can be merged with that of @types/jest.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace jest {
    // Type parameters must equal those of the merged declaration.
    // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type
    interface Matchers<R, T = {}> {
      /**
       * Passes when the gradient of the objective agrees with central differences in every element checked (see
       * checkGradients), on labels.length rows x[labels.length, inputSize]. The objective's model must be float64.
       */
      toPassGradientCheck(x: Float64Array, labels: Int32Array, options?: GradientCheckOptions): R;
    }
  }
}

/** The matcher itself, for `expect.extend`. */
export function toPassGradientCheck(
  received: Objective, x: Float64Array, labels: Int32Array, options?: GradientCheckOptions,
): { pass: boolean; message: () => string } {
  const report = checkGradients(received, labels.length, x, labels, options);
  return {
    pass: report.passed,
    message: () =>
      report.passed
        ? `Expected a gradient that differs from its central differences, but all ${String(report.parameters.length)} parameters agree`
        : [
            `Expected gradients within ${String(report.tolerance)} of central differences (h = ${String(report.step)}), but`,
            ...report.parameters.filter(({ passed }) => !passed).map((parameter) => `  ${failureText(parameter)}`),
          ].join('\n'),
  };
}

const { expect } = globalThis as { expect?: { extend(matchers: object): void } };
expect?.extend({ toPassGradientCheck });
