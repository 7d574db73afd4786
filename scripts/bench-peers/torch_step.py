"""Training steps in PyTorch for blastrain's benchmark; README.md describes the protocol. --bfloat16: under autocast."""
import json, os, sys, time
import numpy as np
import torch
from torch import nn


def numbers(folder, name, kind):
    return torch.from_numpy(np.fromfile(os.path.join(folder, name + '.bin'), kind))


rounds = '--bfloat16' in sys.argv


class Training:
    def __init__(self, folder):
        with open(os.path.join(folder, 'start.json')) as f:
            start = json.load(f)
        sizes, m = start['layers'], start['batchSize']
        layers = []
        for l, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), 1):
            linear = nn.Linear(inputs, outputs)
            with torch.no_grad():
                linear.weight.copy_(numbers(folder, f'W{l}', '<f4').reshape(outputs, inputs))
                linear.bias.copy_(numbers(folder, f'b{l}', '<f4'))
            layers += [linear, nn.ReLU()]
        self.model = nn.Sequential(*layers[:-1])
        self.x = numbers(folder, 'x', '<f4').reshape(-1, m, sizes[0])
        self.labels = numbers(folder, 'labels', '<i4').long().reshape(-1, m)
        self.optimizer = self.make_optimizer(start)
        self.steps = 0

    def make_optimizer(self, start):
        weights = [p for p in self.model.parameters() if p.dim() == 2]
        biases = [p for p in self.model.parameters() if p.dim() == 1]
        adamw = start['optimizer'] == 'adamw'
        # The gradient of l2*|w|^2 is 2*l2*w; weight_decay is the factor on w.
        decay = start['weightDecay'] if adamw else 2 * start['l2']
        groups = [{'params': weights, 'weight_decay': decay}, {'params': biases, 'weight_decay': 0}]
        make, options = (torch.optim.AdamW, {}) if adamw else (torch.optim.SGD, {'momentum': start['momentum']})
        try:
            return make(groups, lr=start['learningRate'], fused=True, **options)
        except (TypeError, RuntimeError):  # PyTorch 1.13 has no such update, or none for the CPU
            return make(groups, lr=start['learningRate'], **options)

    def step(self):
        batch = self.steps % len(self.x)
        self.steps += 1
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast('cpu', dtype=torch.bfloat16, enabled=rounds):
            loss = nn.functional.cross_entropy(self.model(self.x[batch]), self.labels[batch])
        loss.backward()
        self.optimizer.step()
        return loss.item()


name = 'PyTorch ' + torch.__version__.split('+')[0].split('a')[0] + (', bfloat16' if rounds else '')
print(json.dumps({'name': name, 'threads': True, 'rounds': rounds}), flush=True)
training = None
for line in sys.stdin:
    word, *rest = line.split()
    try:
        if word == 'load':
            training = Training(rest[0])
            answer = json.dumps({'losses': [training.step() for _ in range(int(rest[1]))]})
        elif word == 'run':
            if torch.get_num_threads() != int(rest[0]):
                torch.set_num_threads(int(rest[0]))
            begun = time.perf_counter()
            for _ in range(int(rest[1])):
                training.step()
            answer = str(time.perf_counter() - begun)
        else:
            answer = str(time.process_time())
    except Exception as error:
        answer = 'error ' + str(error).split('\n')[0]
    print(answer, flush=True)
