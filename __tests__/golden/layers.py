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


class Parametric(nn.Module):
    """(1 - a) x + a f(x), with an a for each unit."""
    def __init__(self, function):
        super().__init__()
        self.function = function
        self.a = nn.Parameter(torch.empty(SIZE))

    def forward(self, x):
        return torch.lerp(x, self.function(x), self.a)


class Pbld(nn.Module):
    """Numbers by cosines of learned frequencies and phases, beside inputs that are passed and categories that are looked up."""
    def __init__(self, frequencies, size, numbers=SIZE, passed=0, categories=(), category_size=0):
        super().__init__()
        self.numbers, self.passed, self.counts = numbers, passed, categories
        self.f, self.p = (nn.Parameter(torch.empty(numbers, frequencies)) for _ in range(2))
        self.v = nn.Parameter(torch.empty(numbers, size - 1, frequencies))
        self.c = nn.Parameter(torch.empty(numbers, size - 1))
        if categories:
            self.table = nn.Parameter(torch.empty(sum(categories) + len(categories), category_size))

    def forward(self, x):
        x, passed, categories = torch.split(x, [self.numbers, self.passed, len(self.counts)], dim=1)
        cosines = torch.cos(2 * torch.pi * self.f * x[:, :, None] + self.p)
        mapped = torch.einsum('nsf,bnf->bns', self.v, cosines) + self.c
        parts, first = [torch.cat([x[:, :, None], mapped], dim=2).flatten(1), passed], 0
        for j, count in enumerate(self.counts):
            parts.append(nn.functional.embedding(categories[:, j].long() + first, self.table))
            first += count + 1
        return torch.cat(parts, dim=1)


def golden(description, layer, inputs=None, **more):
    parameters = list(layer.parameters())
    for parameter in parameters:
        parameter.data = torch.tensor(draws.uniform(-2, 2, parameter.shape))
    case = {'layer': description, **more, 'parameters': [numbers(parameter) for parameter in parameters], 'batches': []}
    for shift in (0, 3):
        x = torch.tensor(inputs() if inputs else draws.randn(ROWS, SIZE) * 2 + shift, requires_grad=True)
        layer.zero_grad()
        y = layer(x)
        dy = torch.tensor(draws.randn(*y.shape))
        y.backward(dy)
        case['batches'].append({
            'x': numbers(x), 'dy': numbers(dy), 'y': numbers(y), 'dx': numbers(x.grad),
            'gradients': [numbers(parameter.grad) for parameter in parameters],
            'buffers': [numbers(b) for name, b in layer.named_buffers() if name.startswith('running')],
        })
    layer.eval()
    case['evaluated'] = numbers(layer(x))
    return case


def of_table(numbers, categories):
    """Rows of numbers and of category indices, the last of which is for what is none."""
    return lambda: np.concatenate([draws.randn(ROWS, numbers), *(draws.randint(0, count + 1, (ROWS, 1)) for count in categories)], axis=1)


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
        golden({'type': 'mish'}, nn.Mish()),
        golden({'type': 'selu'}, nn.SELU()),
        golden({'type': 'mish', 'parametric': True}, Parametric(nn.Mish())),
        golden({'type': 'selu', 'parametric': True}, Parametric(nn.SELU())),
        golden({'type': 'relu', 'parametric': True}, Parametric(nn.ReLU())),
        golden({'type': 'embedding'}, Pbld(16, 4)),
        golden({'type': 'embedding', 'frequencies': 3, 'size': 2, 'categorySize': 4}, Pbld(3, 2, 2, 1, (3, 12), 4), of_table(3, (3, 12)),
               layout={'numbers': 2, 'passed': 1, 'categories': [3, 12]}),
    ],
    'orthogonal': [orthogonal(4, 9, 1), orthogonal(9, 4, 2), orthogonal(6, 6, 3)],
    'xoshiro': [xoshiro([1, 2, 3, 4], 20), xoshiro([0xffffffff, 0x9e3779b9, 0, 0x80000000], 20)],
}
Path(__file__).with_suffix('.json').write_text(json.dumps(result) + '\n')
