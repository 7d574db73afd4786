import type { Layer } from './layer';

/** What PyTorch's modules call the parameters and buffers that they share with our layers; others keep our names. */
const torchNames: Readonly<Record<string, string>> = {
  W: 'weight', b: 'bias', B: 'bias', gamma: 'weight', beta: 'bias', s: 'weight', t: 'bias', runningMean: 'running_mean', runningVar: 'running_var',
};

/** Names of a model's numbers in a file that PyTorch reads. */
export interface StateKeys {
  /** In the order of the arena's parameters. */
  readonly parameters: readonly string[];
  /** In the order of the model's buffers. */
  readonly buffers: readonly string[];
  /** Integers that PyTorch keeps and this library does not: how many batches a batch normalisation has seen. */
  readonly counters: readonly string[];
}

/**
 * The names of a model's parameters and buffers: `0.weight`, `0.bias`, `3.running_mean`. They are those of the state_dict of a torch nn.Sequential
 * with a module for each layer; where a layer has no module like it there, the names are valid keys all the same. Layers in a block are `2.body.0.weight`.
 */
export function stateKeys(layers: readonly Layer[], prefix = ''): StateKeys {
  const all = layers.map((layer, i): StateKeys => {
    const own = `${prefix}${String(i)}.`;
    if (layer.body !== undefined) return stateKeys(layer.body, `${own}body.`);
    const keyOf = ({ name }: { readonly name: string }): string => {
      const bare = name.replace(/\d+$/, '');
      return `${own}${torchNames[bare] ?? bare}`;
    };
    return {
      parameters: layer.parameterSpecs.map(keyOf),
      buffers: layer.bufferSpecs.map(keyOf),
      counters: layer.kind === 'batch-norm' ? [`${own}num_batches_tracked`] : [],
    };
  });
  return {
    parameters: all.flatMap(({ parameters }) => parameters),
    buffers: all.flatMap(({ buffers }) => buffers),
    counters: all.flatMap(({ counters }) => counters),
  };
}
