#!/usr/bin/python3
"""Makes losses.json beside this file: torch.nn's losses with their gradients, in float64. Weights of rows, which torch.nn has not, multiply
the losses of its elements, and the mean divides by their sum.

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

row_weights = np.array([1.0, 0, 2.5, 0.5, 1, 3])
binary = r.randint(0, 2, (M, N)).astype(float)
counts = r.poisson(2, (M, N)).astype(float)
levels = [0.1, 0.5, 0.9]
quantile_targets = r.randn(M, 1)


def pinball(x, t):
    e = t[:, :, None] - x.reshape(M, 1, -1)
    q = torch.tensor(levels, dtype=torch.float64)
    return torch.maximum(q * e, (q - 1) * e)


def weighted(loss, targets, weights, outputs=N):
    """Of elements [M, ...] as `loss` gives them; None weighs all alike."""
    x = torch.tensor(logits[:, :outputs].copy(), requires_grad=True)
    elements = loss(x, torch.tensor(targets))
    w = torch.ones(M, dtype=torch.float64) if weights is None else torch.tensor(weights)
    per_row = elements.reshape(M, -1)
    mean = (per_row * w[:, None]).sum() / (w.sum() * per_row.shape[1])
    mean.backward()
    return {'loss': mean.item(), 'gradient': x.grad.ravel().tolist()}


nn = torch.nn
losses = {
    'bce': (nn.BCEWithLogitsLoss(reduction='none'), binary), 'mse': (nn.MSELoss(reduction='none'), numbers),
    'huber': (nn.HuberLoss(reduction='none', delta=1.5), numbers), 'mae': (nn.L1Loss(reduction='none'), numbers),
    'poisson': (nn.PoissonNLLLoss(log_input=True, reduction='none'), counts),
}
rows = []
for w in (None, row_weights):
    said = None if w is None else w.tolist()
    for name, (loss, targets) in losses.items():
        rows.append({'name': name, 'weights': said, 'targets': targets.ravel().tolist(), 'outputs': N, **weighted(loss, targets, w)})
    rows.append({'name': 'quantile', 'weights': said, 'targets': quantile_targets.ravel().tolist(), 'outputs': 3, **weighted(pinball, quantile_targets, w, 3)})
for smoothing in (0.0, 0.1):
    for cw in (None, weights):
        # As torch.nn.CrossEntropyLoss's mean: by the weights of the labels, here times those of the rows.
        criterion = nn.CrossEntropyLoss(weight=None if cw is None else torch.tensor(cw), label_smoothing=smoothing, reduction='none')
        x = torch.tensor(logits, requires_grad=True)
        per_label = torch.ones(M, dtype=torch.float64) if cw is None else torch.tensor(cw)[torch.tensor(labels)]
        w = torch.tensor(row_weights)
        mean = (criterion(x, torch.tensor(labels)) * w).sum() / (w * per_label).sum()
        mean.backward()
        rows.append({'name': 'cross-entropy', 'weights': row_weights.tolist(), 'targets': labels.tolist(), 'outputs': N, 'labelSmoothing': smoothing,
                     'classWeights': None if cw is None else cw.tolist(), 'loss': mean.item(), 'gradient': x.grad.ravel().tolist()})

golden = {
    'torch': torch.__version__, 'rows': M, 'outputs': N, 'logits': logits.ravel().tolist(), 'labels': labels.tolist(),
    'probabilities': probabilities.ravel().tolist(), 'numbers': numbers.ravel().tolist(), 'crossEntropy': cases,
    'meanSquaredError': evaluate(torch.nn.MSELoss(), numbers), 'levels': levels, 'rowLosses': rows,
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'losses.json'), 'w') as f:
    json.dump(golden, f, separators=(',', ':'))
    f.write('\n')
