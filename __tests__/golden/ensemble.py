#!/usr/bin/python3
"""Writes ensemble.json: outputs and losses of a batch ensemble, computed member by member in float64 by NumPy alone.

Of each member the net is built as Wen et al. (2020) write it: x ↦ ((x∘r)·Wᵀ)∘s + b with the shared W, ReLU between, and an output layer
of its own. The training loss is the mean of the members' losses, the evaluation loss that of their mean prediction.
"""
import json, sys
sys.path.pop(0)  # this folder: random.py would hide the standard module
from pathlib import Path
import numpy as np

SIZES, MEMBERS, ROWS = [3, 4, 5, 2], 3, 6
SMOOTHING, WEIGHTS = 0.2, [0.5, 2.0]
draws = np.random.RandomState(8)
x = draws.randn(ROWS, SIZES[0])
labels = draws.randint(0, SIZES[-1], ROWS)
numbers = draws.randn(ROWS, SIZES[-1])

parameters = {}
for layer, (inputs, outputs) in enumerate(zip(SIZES, SIZES[1:]), 1):
    last = layer == len(SIZES) - 1
    if not last:
        parameters[f'R{layer}'] = draws.randn(MEMBERS, inputs)
        parameters[f'S{layer}'] = draws.randn(MEMBERS, outputs)
    parameters[f'W{layer}'] = draws.randn(*([MEMBERS] if last else []), outputs, inputs)
    parameters[f'B{layer}'] = draws.randn(MEMBERS, outputs)


def member(j):
    """Outputs [rows, outputs] of member j."""
    activations = x
    for layer in range(1, len(SIZES) - 1):
        R, W, S, B = (parameters[f'{name}{layer}'] for name in 'RWSB')
        activations = np.maximum(((activations * R[j]) @ W.T) * S[j] + B[j], 0)
    last = len(SIZES) - 1
    return activations @ parameters[f'W{last}'][j].T + parameters[f'B{last}'][j]


def probabilities(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(p, smoothing=0, weights=np.ones(SIZES[-1])):
    targets = (1 - smoothing) * np.eye(SIZES[-1])[labels] + smoothing / SIZES[-1]
    return -(np.asarray(weights) * targets * np.log(p)).sum() / np.asarray(weights)[labels].sum()


outputs = [member(j) for j in range(MEMBERS)]
each = [probabilities(logits) for logits in outputs]
mean = np.mean(each, axis=0)
result = {
    'sizes': SIZES, 'members': MEMBERS, 'x': x.ravel().tolist(), 'labels': labels.tolist(), 'numbers': numbers.ravel().tolist(),
    'parameters': {name: value.ravel().tolist() for name, value in parameters.items()},
    'outputs': np.stack(outputs, axis=1).ravel().tolist(),
    'labelSmoothing': SMOOTHING, 'classWeights': WEIGHTS,
    'cross-entropy': {
        'training': np.mean([cross_entropy(p) for p in each]),
        'weighted': np.mean([cross_entropy(p, SMOOTHING, WEIGHTS) for p in each]),
        'evaluation': cross_entropy(mean), 'predictions': mean.ravel().tolist(),
    },
    'mse': {
        'training': np.mean([((y - numbers) ** 2).mean() for y in outputs]),
        'evaluation': ((np.mean(outputs, axis=0) - numbers) ** 2).mean(),
        'predictions': np.mean(outputs, axis=0).ravel().tolist(),
    },
}
path = Path(__file__).with_suffix('.json')
path.write_text(json.dumps(result) + '\n')
