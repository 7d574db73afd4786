import { expected } from '../../errors';
import type { Model } from '../../inference/model';
import type { Layer } from '../../model/layer';
import type { MadeLayer } from '../../model/layers';
import type { Activation } from '../../model/layers/activations';
import { losses, refuseOwnLoss } from '../../model/losses';
import { sizeOf } from '../../model/shape';
import { version } from '../../version';
import { encodeColumns, modules } from './modules';
import type { ModuleName } from './modules';

const activations: Readonly<Record<Activation, (options: Readonly<Record<string, unknown>>) => string>> = {
  'relu': () => 'nn.ReLU()',
  'leaky-relu': ({ slope = 0.01 }) => `nn.LeakyReLU(${String(slope)})`,
  'gelu': () => 'nn.GELU()',
  'tanh': () => 'nn.Tanh()',
  'sigmoid': () => 'nn.Sigmoid()',
  'mish': () => 'nn.Mish()',
  'selu': () => 'nn.SELU()',
};

/**
 * The model as a Python file that defines its network as torch modules, loads the weights of a model file and predicts raw rows. It needs torch and
 * safetensors.
 * @param weights name of the model file beside it.
 */
export function torchCode(model: Model, weights: string): string {
  const { parts: { net }, spec: { dtype }, classNames } = model;
  const used = new Set<ModuleName>();
  const layers = net.layers.map((layer) => moduleOf(layer, used, '        '));
  const isEncoded = 'columns' in model.parts.normalization;
  return `"""A network that blastrain ${version} trained, in PyTorch.

${wordsOn(model)}

Needs torch and safetensors.
"""
${isEncoded ? 'import bisect\n' : ''}import json
${isEncoded ? 'import math\nfrom datetime import datetime, timezone\n' : ''}from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

WEIGHTS = Path(__file__).with_name(${JSON.stringify(weights)})
CLASSES = ${JSON.stringify(classNames.length > 0 ? classNames : model.outputNames)}


${(Object.keys(modules) as ModuleName[]).filter((name) => used.has(name)).map((name) => `${modules[name]}\n\n`).join('')}def make_net():
    """The network without its weights."""
    return nn.Sequential(
${layers.map((layer) => `        ${layer},\n`).join('')}    )${dtype === 'float64' ? '.to(torch.float64)' : ''}


def load(path=WEIGHTS):
    """The trained network, its facts as plain values, and the whitening matrix or None."""
    with safe_open(path, 'pt') as file:
        known = json.loads(file.metadata()['blastrain'])
    tensors = load_file(path)
    matrix = tensors.pop('normalization.matrix', None)
    net = make_net()
    net.load_state_dict(tensors)
    return net.eval(), known, matrix


${isEncoded ? `${encodeColumns}\n\n` : ''}${prepareOf(model)}


def predict(rows, path=WEIGHTS):
    """${model.classNames.length > 0 ? 'Probabilities [rows, classes] in the order of CLASSES' : 'Predictions [rows, outputs] in the order of CLASSES, in the units of the data,'} for raw rows."""
    net, known, matrix = load(path)
    with torch.no_grad():
        y = net(prepare(rows, known, matrix))
${outputsOf(model).map((line) => `        ${line}\n`).join('')}        return y
`;
}

/** What rows are, for whoever reads the file. */
function wordsOn({ columns, imageShape, parts: { normalization } }: Model): string {
  if (columns !== undefined) return `Rows are dicts by the names of the columns, with None where a value is missing:\n${columns.map(({ name, kind }) => `  ${JSON.stringify(name)}: ${kind}`).join('\n')}`;
  if (imageShape !== undefined) return `Rows are pictures of ${String(imageShape.channels)} planes of ${String(imageShape.height)} x ${String(imageShape.width)} numbers, as the data set has them, in one list or tensor each.`;
  const size = 'columns' in normalization ? normalization.columns.length : 'scale' in normalization ? normalization.scale.length : normalization.mean.length;
  return `Rows are lists or tensors of ${String(size)} numbers, as the data set has them.`;
}

/** The Python function that makes inputs of rows. */
function prepareOf({ columns, spec: { dtype }, parts: { normalization } }: Model): string {
  const head = 'def prepare(rows, known, matrix):\n    """Raw rows as inputs of the network."""\n';
  const to = `torch.${dtype}`;
  if ('columns' in normalization) return `${head}    encoding = known['facts']['encoding']\n    columns = known['facts'].get('columns') or [{'name': j, 'kind': 'number'} for j in range(len(encoding))]\n    return torch.tensor([encode(row, columns, encoding) for row in rows], dtype=torch.float64).to(${to})`;
  const named = columns === undefined ? 'rows' : '[[row[column[\'name\']] for column in known[\'facts\'][\'columns\']] for row in rows]';
  const values = `    x = torch.as_tensor(${named}, dtype=torch.float64).reshape(len(rows), -1)\n`;
  const arrays = '    arrays = {name: torch.tensor(values, dtype=torch.float64) for name, values in known[\'normalization\'][\'arrays\'].items()}\n';
  const scaled = 'scale' in normalization ? `    x = (x * arrays['scale'] + arrays['shift']).to(${to})\n` : `    x = ((x - arrays['mean']) / arrays['std']).to(${to})\n`;
  return `${head}${values}${arrays}${scaled}    return x if matrix is None else x @ matrix.T`;
}

/** Lines that make predictions of the network's outputs y. */
function outputsOf({ spec: { loss, quantiles }, temperature, parts: { net, targetScale } }: Model): string[] {
  refuseOwnLoss(loss);
  const { predicts } = losses[loss];
  const linked = { classes: ['y = torch.softmax(y, -1)'], labels: ['y = torch.sigmoid(y)'], rates: ['y = torch.exp(y)'], numbers: [], quantiles: [] }[predicts];
  const isMembers = net.outputShape.length > 1 && net.layers[net.layers.length - 1]!.members !== undefined;
  const scale = targetScale === undefined ? [] : [
    `scale = known['facts']['targetScale']`,
    `std, mean = (torch.tensor(scale[key], dtype=torch.float64).repeat_interleave(${String(predicts === 'quantiles' ? quantiles.length : 1)}) for key in ('std', 'mean'))`,
    'y = y * std + mean',
    ...(targetScale.logs === undefined ? [] : ['logs = scale[\'logs\']', 'y = torch.stack([{\'log\': torch.exp, \'log1p\': torch.expm1, \'none\': torch.clone}[logs[j * len(logs) // y.shape[1]]](y[:, j]) for j in range(y.shape[1])], 1)']),
  ];
  return [
    ...linked,
    ...(isMembers ? ['y = y.mean(1)  # of the members'] : []),
    ...(temperature === 1 || predicts !== 'classes' ? [] : [`y = torch.softmax(torch.log(y.clamp_min(2. ** -126)) / ${String(temperature)}, -1)`]),
    ...scale,
  ];
}

/** A layer as the Python expression that makes its module. */
function moduleOf(given: Layer, used: Set<ModuleName>, indent: string): string {
  const layer = given as MadeLayer;
  const { inputShape, outputShape } = layer;
  const [inputs, outputs] = [sizeOf(inputShape), sizeOf(outputShape)];
  const own = (name: ModuleName, ...args: readonly (string | number)[]): string => {
    used.add(name);
    return `${name}(${args.join(', ')})`;
  };
  switch (layer.kind) {
    case 'dropout':
      return `nn.Dropout(${String(layer.rate)})`;
    case 'linear':
      return inputShape.length === 1 ? `nn.Linear(${String(inputs)}, ${String(outputs)})` : own('FlatLinear', inputs, outputs);
    case 'batch-norm': {
      const args = [outputs, `eps=${String(layer.epsilon)}`] as const;
      return outputShape.length === 1 ? `nn.BatchNorm1d(${args.join(', ')})` : own('FlatBatchNorm', ...args);
    }
    case 'layer-norm':
      return `nn.LayerNorm(${String(outputShape[outputShape.length - 1]!)}, eps=${String(layer.epsilon)})`;
    case 'scale':
      return own('Scale', ...outputShape, ...(layer.parameterSpecs.length > 1 ? ['bias=True'] : []));
    case 'residual': {
      const deeper = `${indent}    `;
      return own('Residual', `\n${layer.body.map((one) => `${deeper}${moduleOf(one, used, deeper)},\n`).join('')}${indent}`);
    }
    case 'batch-ensemble':
      return own('BatchEnsemble', layer.members, layer.isFirst ? inputs : inputShape[1]!, outputShape[1]!, ...(layer.isFirst ? ['first=True'] : []));
    case 'member-linear':
      return own('MemberLinear', layer.members, inputShape[1]!, outputShape[1]!);
    case 'embedding': {
      const { layout: { numbers, passed, categories }, frequencies, mapped, categorySize } = layer;
      return own('Embedding', numbers, passed, `[${categories.join(', ')}]`, frequencies, mapped, categorySize);
    }
    default: {
      if (!Object.hasOwn(activations, layer.kind)) throw expected('ERR_CONFIG', 'a layer that has a PyTorch form', 'the model', layer.kind, { path: 'model' });
      const made = activations[layer.kind](layer.options);
      return layer.parameterSpecs.length === 0 ? made : own('Parametric', made, ...outputShape);
    }
  }
}
