#!/usr/bin/python3
"""Makes optimizers.json beside this file: trajectories of torch.optim and torch.optim.lr_scheduler for lib/optim.

usage: optimizers.py        (PyTorch 1.13; Debian's python3-torch)
A problem of seven parameters, five weights and two biases, whose gradient at step t is slope[t]*w + offset[t], element by
element, so that both sides compute it alike. Lion is not in PyTorch: scripts/pytorch/lion.py has it from its paper.
"""
import json, os, sys
sys.path.pop(0)  # this folder: random.py in it would hide the standard module
import numpy as np
import torch
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, '..', '..', 'scripts', 'pytorch'))
from lion import Lion

STEPS = 20
RECORDED = [1, 2, 5, 20]
RATE = 0.05
WEIGHTS = 5

SGD, ADAM, ADAMW, RMSPROP = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop
# Name, the options as lib/optim takes them, PyTorch's class and its options. weight_decay is for weights unless `biases`.
CASES = [
    ('sgd', {}, SGD, {}),
    ('sgd', {'l2': 0.05}, SGD, {'weight_decay': 0.1}),
    ('sgd', {'momentum': 0.9}, SGD, {'momentum': 0.9}),
    ('sgd', {'momentum': 0.9, 'nesterov': True}, SGD, {'momentum': 0.9, 'nesterov': True}),
    ('sgd', {'momentum': 0.9, 'l2': 0.05}, SGD, {'momentum': 0.9, 'weight_decay': 0.1}),
    ('sgd', {'momentum': 0.9, 'nesterov': True, 'l2': 0.05}, SGD, {'momentum': 0.9, 'nesterov': True, 'weight_decay': 0.1}),
    ('sgd', {'momentum': 0.5, 'l2': 0.05, 'decayBiases': True}, SGD, {'momentum': 0.5, 'weight_decay': 0.1, 'biases': True}),
    ('sgd', {'momentum': 0.9, 'clipNorm': 0.5}, SGD, {'momentum': 0.9, 'clip': 0.5}),
    ('adam', {}, ADAM, {}),
    ('adam', {'beta1': 0.8, 'beta2': 0.95, 'epsilon': 1e-3}, ADAM, {'betas': (0.8, 0.95), 'eps': 1e-3}),
    ('adam', {'l2': 0.05}, ADAM, {'weight_decay': 0.1}),
    ('adam', {'beta1': 0}, ADAM, {'betas': (0, 0.999)}),
    ('adamw', {'weightDecay': 0.1}, ADAMW, {'weight_decay': 0.1}),
    ('adamw', {'weightDecay': 0.1, 'decayBiases': True}, ADAMW, {'weight_decay': 0.1, 'biases': True}),
    ('rmsprop', {}, RMSPROP, {}),
    ('rmsprop', {'rho': 0.9, 'epsilon': 1e-3}, RMSPROP, {'alpha': 0.9, 'eps': 1e-3}),
    ('rmsprop', {'l2': 0.05}, RMSPROP, {'weight_decay': 0.1}),
    ('lion', {}, Lion, {}),
    ('lion', {'beta1': 0.5, 'beta2': 0.7}, Lion, {'betas': (0.5, 0.7)}),
    ('lion', {'weightDecay': 0.1}, Lion, {'weight_decay': 0.1}),
]

# Parameters of several kinds, as they lie in an arena: name, kind, whether it is regularised, how many, and s of its parametrisation
# w = s*v, of which PyTorch trains v.
PARAMETERS = [
    ('W1', 'weight', True, 2, 0.5), ('scale1', 'scale', True, 1, 1), ('E1', 'embedding', True, 2, 1),
    ('b1', 'bias', False, 1, 1), ('alpha1', 'activation', False, 1, 1),
]
RATES = {'weight': 0.5, 'scale': 6, 'bias': 0.1}
# Where updates follow the gradient, six times the rate would diverge.
SLOW_RATES = {'weight': 2, 'scale': 0.3, 'bias': 0.1}
DECAYS = {'scale': 0.5, 'embedding': 0, 'bias': 2}
# Name, options of lib/optim, PyTorch's class, its options, and for its groups lr (factor) and weight_decay by kind. PyTorch's coupled
# weight_decay of v is that of w times s*s. eps, which is added to the gradient's size, differs between v and w unless it is negligible.
GROUP_CASES = [
    ('sgd', {'l2': 0.05, 'learningRates': SLOW_RATES, 'weightDecays': DECAYS}, SGD, {},
     SLOW_RATES, {'weight': 0.025, 'scale': 0.05, 'bias': 0.2}),
    ('sgd', {'momentum': 0.9, 'nesterov': True, 'learningRates': SLOW_RATES}, SGD, {'momentum': 0.9, 'nesterov': True}, SLOW_RATES, {}),
    ('adam', {'epsilon': 1e-30, 'l2': 0.05, 'learningRates': RATES, 'decayBiases': True}, ADAM, {'eps': 1e-30},
     RATES, {'weight': 0.025, 'scale': 0.1, 'embedding': 0.1, 'bias': 0.1, 'activation': 0.1}),
    ('adamw', {'epsilon': 1e-30, 'weightDecay': 0.1, 'learningRates': RATES, 'weightDecays': DECAYS}, ADAMW, {'eps': 1e-30},
     RATES, {'weight': 0.1, 'scale': 0.05, 'bias': 0.2}),
    ('rmsprop', {'epsilon': 1e-30, 'learningRates': RATES}, RMSPROP, {'eps': 1e-30}, RATES, {}),
    ('lion', {'weightDecay': 0.1, 'learningRates': RATES, 'weightDecays': {'activation': 1}}, Lion, {},
     RATES, {'weight': 0.1, 'scale': 0.1, 'embedding': 0.1, 'activation': 0.1}),
]


def problem():
    r = np.random.RandomState(0)
    slope = r.uniform(0, 2, (STEPS, 7))
    offset = r.randn(STEPS, 7)
    slope[:, 4] = offset[:, 4] = 0  # a weight that never gets a gradient
    return r.randn(7), slope, offset


def trajectory(make, options, dtype, start, slope, offset):
    options = dict(options)
    biases, clip = options.pop('biases', False), options.pop('clip', None)
    # PyTorch's AdamW decays by 0.01 unless it is told.
    decay = options.pop('weight_decay', 0)
    parts = [(WEIGHTS, 1, 1, decay), (len(start) - WEIGHTS, 1, 1, decay if biases else 0)]
    return trajectory_of(parts, make, options, dtype, start, slope, offset, clip)


def trajectory_of(parts, make, options, dtype, start, slope, offset, clip=None):
    """Of parts of the parameters, each a number of them, s, a factor on the learning rate and PyTorch's weight_decay."""
    ends = np.cumsum([size for size, _, _, _ in parts])
    places = [slice(end - size, end) for end, (size, _, _, _) in zip(ends, parts)]
    v = [torch.tensor(start[place] / s, dtype=dtype, requires_grad=True) for place, (_, s, _, _) in zip(places, parts)]
    optimizer = make([{'params': [p], 'weight_decay': decay} for p, (_, _, _, decay) in zip(v, parts)], lr=RATE, **options)
    recorded = []
    for t in range(STEPS):
        for p, place, (_, s, _, _) in zip(v, places, parts):
            w = s * p.detach()
            p.grad = s * (torch.tensor(slope[t, place], dtype=dtype) * w + torch.tensor(offset[t, place], dtype=dtype))
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(v, clip)
        for group, (_, _, factor, _) in zip(optimizer.param_groups, parts):
            group['lr'] = RATE * 0.9 ** t * factor
        optimizer.step()
        if t + 1 in RECORDED:
            recorded.append(torch.cat([s * p for p, (_, s, _, _) in zip(v, parts)]).tolist())
    return recorded


def rates(make, steps, lr=0.1, losses=None):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make(optimizer)
    result = []
    for t in range(steps):
        result.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        scheduler.step() if losses is None else scheduler.step(losses[t])
    return result


def schedules():
    from torch.optim import lr_scheduler as S
    plateau = [1, 0.9, 0.9, 0.91, 0.89995, 0.92, 0.8, 0.8, 0.8, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
    return {
        'oneCycle': [rates(lambda o: S.OneCycleLR(o, max_lr=0.1, total_steps=n, cycle_momentum=False), n) for n in (1, 2, 7, 50)],
        'cosine': rates(lambda o: S.CosineAnnealingLR(o, T_max=50, eta_min=0.001), 51),
        'multiStep': rates(lambda o: S.MultiStepLR(o, milestones=[3, 10, 11], gamma=0.3), 20),
        'stepLR': rates(lambda o: S.StepLR(o, step_size=4, gamma=0.7), 20),
        'warmUp': rates(lambda o: S.LinearLR(o, start_factor=1 / 8, total_iters=7), 20),
        'warmUpCosine': rates(lambda o: S.SequentialLR(o, [
            S.LinearLR(o, start_factor=1 / 8, total_iters=7), S.CosineAnnealingLR(o, T_max=42)], milestones=[8]), 50),
        'plateau': {
            'losses': plateau,
            'rates': rates(lambda o: S.ReduceLROnPlateau(o, factor=0.3, patience=2, min_lr=0.005), 20, losses=plateau),
        },
    }


def main():
    start, slope, offset = problem()
    cases = []
    for optimizer, options, make, torch_options in CASES:
        cases.append({'optimizer': optimizer, 'options': options, **{
            name: trajectory(make, torch_options, dtype, start, slope, offset)
            for name, dtype in (('float32', torch.float32), ('float64', torch.float64))
        }})
    grouped = []
    for optimizer, options, make, torch_options, lr, decays in GROUP_CASES:
        parts = [(size, s, lr.get(kind, 1), decays.get(kind, 0)) for _, kind, _, size, s in PARAMETERS]
        grouped.append({'optimizer': optimizer, 'options': options, **{
            name: trajectory_of(parts, make, torch_options, dtype, start, slope, offset)
            for name, dtype in (('float32', torch.float32), ('float64', torch.float64))
        }})
    parameters = [
        {'name': name, 'group': kind, 'regularised': regularised, 'shape': [size], 'rate': s} for name, kind, regularised, size, s in PARAMETERS
    ]
    golden = {
        'torch': torch.__version__, 'rate': RATE, 'steps': STEPS, 'recorded': RECORDED, 'weights': WEIGHTS,
        'start': start.tolist(), 'slope': slope.tolist(), 'offset': offset.tolist(), 'cases': cases, 'parameters': parameters, 'grouped': grouped, 'schedules': schedules(),
    }
    with open(os.path.join(HERE, 'optimizers.json'), 'w') as f:
        json.dump(golden, f, separators=(',', ':'))
        f.write('\n')


main()
