import { expected } from '../errors';
import type { LayerDescription } from './layers';
import type { Parametrization } from './layers/linear';
import type { NumericEmbedding } from './layers/embedding';
import { dropoutLayers, hiddenLayers } from './layers/hidden';
import type { HiddenOptions, LinearDescription } from './layers/hidden';

/** A multi-layer perceptron beside its sizes. */
export interface MlpOptions extends HiddenOptions {
  /** How numeric inputs are embedded; 'none' by default. */
  readonly numericEmbedding?: NumericEmbedding;
  /** Outputs of the embedding of each category, where inputs are indices of categories; 8 by default. */
  readonly embeddingSize?: number;
  /** Rate of dropout on the inputs, behind their embedding, in [0, 1); 0 by default. */
  readonly inputDropout?: number;
  /** Whether each input is multiplied by a learned factor, behind that dropout; false by default. */
  readonly inputScale?: boolean;
  /** Whether hidden layers with as many outputs as inputs are residual blocks; false by default. */
  readonly residual?: boolean;
  /** Of linear layers; 'standard' by default. Members of an ensemble have the standard one. */
  readonly parametrization?: Parametrization;
  /** Members of an ensemble that share the weights of hidden layers, as in TabM; null, the default, for a single net. */
  readonly members?: number | null;
}

/**
 * The layers of a multi-layer perceptron with the given sizes, from inputs to outputs. With `members`, hidden layers are shared and each
 * member has an output layer of its own. Throws ERR_SHAPE for fewer than two sizes or a size below 1, ERR_CONFIG for members without a
 * hidden layer.
 * @param hasCategories whether some inputs are indices of categories, which are always embedded.
 */
export function mlpLayers(sizes: readonly number[], options: MlpOptions = {}, hasCategories = false): LayerDescription[] {
  if (sizes.length < 2 || !sizes.every((size) => Number.isInteger(size) && size > 0)) {
    throw expected('ERR_SHAPE', 'two or more positive layer sizes', 'layers', sizes);
  }
  const { members = null, parametrization = 'standard', numericEmbedding = 'none', embeddingSize } = options;
  const isEmbedded = hasCategories || numericEmbedding !== 'none';
  if (members !== null && sizes.length === 2) throw expected('ERR_CONFIG', 'a hidden layer, whose weights they share,', 'members', 'none', { path: 'members' });
  const hidden = sizes.slice(1, -1).flatMap((size, i): readonly LayerDescription[] => {
    const layers = hiddenLayers(members === null ? linearOf(size, parametrization) : ensembleOf(size, i === 0 ? members : null), options);
    // The first layer of an ensemble makes a row of each member of one row, which cannot be added to them; an embedding changes their number.
    const isResidual = options.residual === true && size === sizes[i] && ((members === null && !isEmbedded) || i > 0);
    return isResidual ? [{ type: 'residual', layers }] : layers;
  });
  const scale: readonly LayerDescription[] = options.inputScale === true ? [{ type: 'scale' }] : [];
  const embedding: readonly LayerDescription[] = isEmbedded
    ? [{ type: 'embedding', numeric: numericEmbedding, ...(embeddingSize !== undefined && { categorySize: embeddingSize }) }] : [];
  const outputs = sizes[sizes.length - 1]!;
  const output = members === null ? linearOf(outputs, parametrization) : { type: 'member-linear', size: outputs } as const;
  return [...embedding, ...dropoutLayers(options.inputDropout), ...scale, ...hidden, output];
}

function linearOf(size: number, parametrization: Parametrization): LinearDescription {
  return { type: 'linear', size, ...(parametrization !== 'standard' && { parametrization }) };
}

/** A layer that members share; the first says how many there are. */
function ensembleOf(size: number, members: number | null): LinearDescription {
  return { type: 'batch-ensemble', size, ...(members !== null && { members }) };
}
