#!/usr/bin/python3
"""Makes losses.json beside this file: torch.nn.CrossEntropyLoss and MSELoss with their gradients, in float64.

usage: losses.py        (PyTorch 1.13; Debian's python3-torch)
"""
import json, os, sys
sys.path.pop(0)  # this folder: random.py in it would hide the standard module
import numpy as np
import torch

r = np.random.RandomState(0)
M, N = 6, 4
logits = 3 * r.randn(M, N)
labels = r.randint(0, N, M)
probabilities = r.dirichlet(np.ones(N), M)
weights = np.array([0.5, 2, 0, 1.25])
numbers = r.randn(M, N)


def evaluate(criterion, targets):
    x = torch.tensor(logits, requires_grad=True)
    loss = criterion(x, torch.tensor(targets))
    loss.backward()
    return {'loss': loss.item(), 'gradient': x.grad.ravel().tolist()}


cases = []
for kind, targets in (('labels', labels), ('probabilities', probabilities)):
    for smoothing in (0.0, 0.1):
        for weight in (None, weights):
            criterion = torch.nn.CrossEntropyLoss(
                weight=None if weight is None else torch.tensor(weight), label_smoothing=smoothing)
            cases.append({'targets': kind, 'labelSmoothing': smoothing, 'classWeights': None if weight is None else weight.tolist(),
                          **evaluate(criterion, targets)})

golden = {
    'torch': torch.__version__, 'rows': M, 'outputs': N, 'logits': logits.ravel().tolist(), 'labels': labels.tolist(),
    'probabilities': probabilities.ravel().tolist(), 'numbers': numbers.ravel().tolist(), 'crossEntropy': cases,
    'meanSquaredError': evaluate(torch.nn.MSELoss(), numbers),
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'losses.json'), 'w') as f:
    json.dump(golden, f, separators=(',', ':'))
    f.write('\n')
