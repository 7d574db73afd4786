#!/usr/bin/python3
"""Writes layers.json: what PyTorch's layers and initialisers give in float64, for lib/model to reproduce. Needs PyTorch and NumPy.

A layer sees two batches in training, then one in evaluation. Numbers are printed so that they read back exactly.
"""
import json, sys
sys.path.pop(0)  # this folder: random.py would hide the standard module
from pathlib import Path
import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
ROWS, SIZE = 7, 5
draws = np.random.RandomState(3)


def numbers(tensor):
    return [float(value) for value in tensor.detach().reshape(-1)]


def golden(description, layer):
    parameters = list(layer.parameters())
    for parameter in parameters:
        parameter.data = torch.tensor(draws.uniform(-2, 2, parameter.shape))
    case = {'layer': description, 'parameters': [numbers(parameter) for parameter in parameters], 'batches': []}
    for shift in (0, 3):
        x = torch.tensor(draws.randn(ROWS, SIZE) * 2 + shift, requires_grad=True)
        dy = torch.tensor(draws.randn(ROWS, SIZE))
        layer.zero_grad()
        y = layer(x)
        y.backward(dy)
        case['batches'].append({
            'x': numbers(x), 'dy': numbers(dy), 'y': numbers(y), 'dx': numbers(x.grad),
            'gradients': [numbers(parameter.grad) for parameter in parameters],
            'buffers': [numbers(b) for name, b in layer.named_buffers() if name.startswith('running')],
        })
    layer.eval()
    case['evaluated'] = numbers(layer(x))
    return case


def orthogonal(rows, columns, seed):
    """torch.nn.init.orthogonal_ on NumPy's normals, row by row, in the place of PyTorch's own."""
    gaussian = torch.tensor(np.random.RandomState(seed).randn(rows, columns))
    weight = torch.empty(rows, columns)
    normal = torch.Tensor.normal_
    torch.Tensor.normal_ = lambda self, *_: self.copy_(gaussian.reshape(self.shape))
    try:
        nn.init.orthogonal_(weight)
    finally:
        torch.Tensor.normal_ = normal
    return {'rows': rows, 'columns': columns, 'seed': seed, 'weights': numbers(weight)}


def xoshiro(state, count):
    """xoshiro128** 1.1, after the authors' description."""
    def rotated(word, by):
        return ((word << by) | (word >> (32 - by))) & 0xffffffff
    s, out = list(state), []
    for _ in range(count):
        out.append(rotated(s[1] * 5 & 0xffffffff, 7) * 9 & 0xffffffff)
        shifted = s[1] << 9 & 0xffffffff
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotated(s[3], 11)
    return {'state': state, 'draws': out, 'after': s}


result = {
    'layers': [
        golden({'type': 'relu'}, nn.ReLU()),
        golden({'type': 'leaky-relu', 'slope': 0.2}, nn.LeakyReLU(0.2)),
        golden({'type': 'gelu'}, nn.GELU()),
        golden({'type': 'tanh'}, nn.Tanh()),
        golden({'type': 'sigmoid'}, nn.Sigmoid()),
        golden({'type': 'batch-norm'}, nn.BatchNorm1d(SIZE)),
        golden({'type': 'batch-norm', 'momentum': 0.3, 'epsilon': 0.01}, nn.BatchNorm1d(SIZE, eps=0.01, momentum=0.3)),
        golden({'type': 'layer-norm'}, nn.LayerNorm(SIZE)),
        golden({'type': 'layer-norm', 'epsilon': 0.01}, nn.LayerNorm(SIZE, eps=0.01)),
    ],
    'orthogonal': [orthogonal(4, 9, 1), orthogonal(9, 4, 2), orthogonal(6, 6, 3)],
    'xoshiro': [xoshiro([1, 2, 3, 4], 20), xoshiro([0xffffffff, 0x9e3779b9, 0, 0x80000000], 20)],
}
Path(__file__).with_suffix('.json').write_text(json.dumps(result) + '\n')
