import { fileError } from '../../files';
import type { LayerDescription } from '../../model/layers';
import { activations } from '../../model/layers/activations';
import type { Activation } from '../../model/layers/activations';
import { expected } from '../../errors';
import type { ImportedLayer, ImportedNetwork, NamedArray } from './network';

/** Endings of names that are parameters or buffers of torch modules. */
const known = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];

/**
 * The network of a state_dict: a linear layer for each weight [outputs, inputs], a normalisation for each weight [units], and, as a state_dict says nothing of activation functions, the given
 * one behind every linear layer but the last, after its normalisation. Prefixes that all names share, such as module. and model., play no part. Throws ERR_DATA, naming the file and
 * the array, for arrays of other modules.
 */
export function networkOfState(all: ReadonlyMap<string, NamedArray>, spec: Readonly<Record<string, unknown>>, file: string): ImportedNetwork {
  const { activation = 'relu' } = spec;
  if (!activations.includes(activation as Activation)) throw expected('ERR_CONFIG', `one of ${activations.join(', ')}`, 'activation', activation, { path: 'activation' });
  const modules = new Map<string, Map<string, NamedArray>>();
  for (const [name, array] of all) {
    const cut = name.lastIndexOf('.');
    const [module, own] = [name.slice(0, Math.max(0, cut)), name.slice(cut + 1)];
    if (!known.includes(own)) throw fileError('ERR_DATA', 'weights of linear layers and normalisations', file, `an array ${name}`);
    modules.set(module, (modules.get(module) ?? new Map<string, NamedArray>()).set(own, array));
  }
  const layers: ImportedLayer[] = [];
  const linear = [...modules.values()].filter((module) => module.get('weight')?.shape.length === 2);
  const last = linear[linear.length - 1];
  const first = linear[0];
  if (first === undefined || last === undefined) throw fileError('ERR_DATA', 'the weights [outputs, inputs] of a linear layer', file, `${String(all.size)} other arrays`);
  const activate = (): void => { layers.push({ description: { type: activation as Activation }, arrays: [] }); };
  let waits = false;
  for (const [name, module] of modules) {
    const weight = module.get('weight');
    const of = (own: string, length: number, otherwise: number): ArrayLike<number> => module.get(own)?.values ?? new Float64Array(length).fill(otherwise);
    if (weight?.shape.length === 2) {
      if (waits) activate();
      const [outputs] = weight.shape as [number, number];
      layers.push({ description: { type: 'linear', size: outputs }, arrays: [weight.values, of('bias', outputs, 0)] });
      waits = module !== last;
      continue;
    }
    const size = weight?.shape[0] ?? module.get('running_mean')?.shape[0];
    if (size === undefined || (weight !== undefined && weight.shape.length !== 1)) throw fileError('ERR_DATA', 'weights of linear layers and normalisations', file, `${name}.weight of shape [${(weight?.shape ?? []).join(', ')}]`);
    const isBatch = module.has('running_mean');
    const description: LayerDescription = { type: isBatch ? 'batch-norm' : 'layer-norm' };
    layers.push({
      description,
      arrays: [of('weight', size, 1), of('bias', size, 0), ...(isBatch ? [of('running_mean', size, 0), of('running_var', size, 1)] : [])],
    });
  }
  const assumed = linear.length > 1 && spec['activation'] === undefined ? ['a state_dict says nothing of activation functions: relu was taken (--spec with {"activation": …} takes another)'] : [];
  return { layers, inputSize: first.get('weight')!.shape[1]!, outputSize: last.get('weight')!.shape[0]!, notes: assumed };
}
