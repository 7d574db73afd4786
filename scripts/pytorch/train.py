#!/usr/bin/python3
"""Trains in PyTorch what export.js wrote: the same net, initial weights, batches and learning rates.

usage: train.py START.safetensors...
Prints one JSON object a line for each file: the loss of every step before its update (with the penalty, as blastrain
reports it), accuracies and validation loss at the end, wall time of the steps.
"""
import json, struct, sys, time
import numpy as np
import torch
from torch import nn
from lion import Lion


def read(path):
    """A safetensors file as NumPy arrays by name, and its metadata."""
    kinds = {'F32': '<f4', 'F64': '<f8', 'I32': '<i4', 'U8': 'u1'}
    with open(path, 'rb') as f:
        data = f.read()
    length = struct.unpack('<Q', data[:8])[0]
    header = json.loads(data[8:8 + length])
    metadata = header.pop('__metadata__')
    arrays = {}
    for name, tensor in header.items():
        begin, end = tensor['data_offsets']
        arrays[name] = np.frombuffer(data[8 + length + begin:8 + length + end], kinds[tensor['dtype']]).reshape(tensor['shape'])
    return arrays, metadata


class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


def build(descriptions, size, outputs):
    """The model that a list of layers means (lib/model/layers/index.ts)."""
    plain = {'relu': nn.ReLU, 'gelu': nn.GELU, 'tanh': nn.Tanh, 'sigmoid': nn.Sigmoid, 'mish': nn.Mish, 'selu': nn.SELU}
    layers = []
    for layer in descriptions:
        kind = layer['type']
        if kind == 'linear':
            layers.append(nn.Linear(size, layer.get('size', outputs)))
            size = layer.get('size', outputs)
        elif layer.get('parametric'):
            sys.exit(f'train.py knows no parametric {kind}')
        elif kind in plain:
            layers.append(plain[kind]())
        elif kind == 'leaky-relu':
            layers.append(nn.LeakyReLU(layer.get('slope', 0.01)))
        elif kind == 'dropout':
            layers.append(nn.Dropout(layer['rate']))
        elif kind == 'batch-norm':
            layers.append(nn.BatchNorm1d(size, eps=layer.get('epsilon', 1e-5), momentum=layer.get('momentum', 0.1)))
        elif kind == 'layer-norm':
            layers.append(nn.LayerNorm(size, eps=layer.get('epsilon', 1e-5)))
        elif kind == 'residual':
            layers.append(Residual(build(layer['layers'], size, size)))
        else:
            sys.exit(f'train.py knows no layer {kind}')
    return nn.Sequential(*layers)


def make_optimizer(spec, model):
    weights = [p for name, p in model.named_parameters() if p.dim() == 2]
    rest = [p for name, p in model.named_parameters() if p.dim() != 2]
    # The gradient of l2*|w|^2 is 2*l2*w; PyTorch's coupled weight_decay is the factor on w.
    decay = spec['weightDecay'] if spec['weightDecay'] > 0 else 2 * spec['l2']
    groups = [{'params': weights, 'weight_decay': decay}, {'params': rest, 'weight_decay': decay if spec['decayBiases'] else 0}]
    name, lr = spec['optimizer'], spec['learningRate']
    beta1 = 0.9 if spec['beta1'] is None else spec['beta1']
    beta2 = spec['beta2'] if spec['beta2'] is not None else 0.99 if name == 'lion' else 0.999
    if name == 'sgd':
        return torch.optim.SGD(groups, lr=lr, momentum=spec['momentum'], nesterov=spec['nesterov'])
    if name == 'adam':
        return torch.optim.Adam(groups, lr=lr, betas=(beta1, beta2), eps=spec['epsilon'])
    if name == 'adamw':
        return torch.optim.AdamW(groups, lr=lr, betas=(beta1, beta2), eps=spec['epsilon'])
    if name == 'rmsprop':
        return torch.optim.RMSprop(groups, lr=lr, alpha=spec['rho'], eps=spec['epsilon'])
    return Lion(groups, lr=lr, betas=(beta1, beta2))


def run(path):
    arrays, metadata = read(path)
    spec, descriptions = json.loads(metadata['spec']), json.loads(metadata['model'])
    dtype = torch.float32 if spec['dtype'] == 'float32' else torch.float64
    if spec['threads'] is not None:
        torch.set_num_threads(spec['threads'])
    tensor = lambda name: torch.tensor(arrays[name])
    scale, shift = tensor('scale'), tensor('shift')
    matrix = tensor('matrix') if 'matrix' in arrays else None

    def inputs(features):
        x = features.to(dtype) * scale + shift
        return x if matrix is None else x @ matrix.T

    regression = 'train.targets' in arrays
    features, validation = tensor('train.features'), tensor('validation.features')
    targets, validation_targets = (
        (tensor('train.targets').to(dtype), tensor('validation.targets').to(dtype)) if regression
        else (tensor('train.labels').long(), tensor('validation.labels').long()))

    model = build(descriptions, scale.numel() if matrix is None else len(matrix), int(metadata['outputs'])).to(dtype)
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            parameter.copy_(tensor(f'parameter.{i}').reshape(parameter.shape))
    averaged = None
    if spec['emaDecay'] is not None:
        d = spec['emaDecay']
        averaged = torch.optim.swa_utils.AveragedModel(model, avg_fn=lambda a, p, n: d * a + (1 - d) * p, use_buffers=True)
    optimizer = make_optimizer(spec, model)
    class_weights = tensor('classWeights').to(dtype) if 'classWeights' in arrays else None
    criterion = nn.MSELoss(reduction='sum') if regression else nn.CrossEntropyLoss(
        weight=class_weights, label_smoothing=spec['labelSmoothing'], reduction='sum')
    decayed = [p for p in model.parameters() if p.dim() == 2 or spec['decayBiases']]

    def penalty():
        return spec['l2'] * sum(float((p.detach() ** 2).sum()) for p in decayed) if spec['l2'] > 0 else 0.0

    def weight_of(y):
        if regression:
            return y.numel()
        return len(y) if class_weights is None else float(class_weights[y].sum())

    order = torch.tensor(arrays['order']).long().split(arrays['batchSizes'].tolist())
    losses, at, seconds = [], 0, 0.0
    for rate, batches in zip(arrays['rates'].tolist(), arrays['batchesPerStep'].tolist()):
        begun = time.perf_counter()
        optimizer.zero_grad()
        total, weight = 0.0, 0.0
        for rows in order[at:at + batches]:
            loss = criterion(model(inputs(features[rows])), targets[rows])
            loss.backward()
            total += loss.item()
            weight += weight_of(targets[rows])
        at += batches
        losses.append(total / weight + penalty())
        for p in model.parameters():
            p.grad /= weight
        if spec['clipNorm'] is not None:
            nn.utils.clip_grad_norm_(model.parameters(), spec['clipNorm'])
        for group in optimizer.param_groups:
            group['lr'] = rate
        optimizer.step()
        if averaged is not None:
            averaged.update_parameters(model)
        seconds += time.perf_counter() - begun

    final = averaged if averaged is not None else model
    final.eval()

    @torch.no_grad()
    def evaluate(rows, wanted):
        outputs = torch.cat([final(inputs(part)) for part in rows.split(1000)])
        if regression:
            return float('nan'), float(nn.functional.mse_loss(outputs, wanted))
        return float((outputs.argmax(1) == wanted).double().mean()), float(nn.functional.cross_entropy(outputs, wanted))

    train_accuracy = evaluate(features, targets)[0]
    val_accuracy, val_loss = evaluate(validation, validation_targets)
    return {
        'torch': torch.__version__, 'threads': torch.get_num_threads(), 'steps': len(losses), 'losses': losses,
        'seconds': seconds, 'stepMilliseconds': 1000 * seconds / len(losses),
        'trainAccuracy': train_accuracy, 'valAccuracy': val_accuracy, 'valLoss': val_loss + penalty(),
    }


for path in sys.argv[1:]:
    print(json.dumps(run(path)), flush=True)
