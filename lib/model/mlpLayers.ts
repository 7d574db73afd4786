import { expected } from '../errors';
import type { LayerDescription } from './layers';
import { dropoutLayers, hiddenLayers } from './layers/hidden';
import type { HiddenOptions } from './layers/hidden';

/** A multi-layer perceptron beside its sizes. */
export interface MlpOptions extends HiddenOptions {
  /** Rate of dropout on the inputs in [0, 1); 0 by default. */
  readonly inputDropout?: number;
  /** Whether each input is multiplied by a learned factor, behind that dropout; false by default. */
  readonly inputScale?: boolean;
  /** Whether hidden layers with as many outputs as inputs are residual blocks; false by default. */
  readonly residual?: boolean;
}

/**
 * The layers of a multi-layer perceptron with the given sizes, from inputs to outputs. Throws ERR_SHAPE for fewer than two
 * sizes or a size below 1.
 */
export function mlpLayers(sizes: readonly number[], options: MlpOptions = {}): LayerDescription[] {
  if (sizes.length < 2 || !sizes.every((size) => Number.isInteger(size) && size > 0)) {
    throw expected('ERR_SHAPE', 'two or more positive layer sizes', 'layers', sizes);
  }
  const hidden = sizes.slice(1, -1).flatMap((size, i): readonly LayerDescription[] => {
    const layers = hiddenLayers(size, options);
    return options.residual === true && size === sizes[i] ? [{ type: 'residual', layers }] : layers;
  });
  const scale: readonly LayerDescription[] = options.inputScale === true ? [{ type: 'scale' }] : [];
  return [...dropoutLayers(options.inputDropout), ...scale, ...hidden, { type: 'linear', size: sizes[sizes.length - 1]! }];
}
