#!/usr/bin/python3
"""Writes modelFile.json: what PyTorch computes from the model files in modelFile/, which Model.save wrote of nets trained for a few steps.

Needs torch and safetensors. load_state_dict is strict: a key too many or too few is an error.
"""
import json, sys
sys.path.pop(0)  # this folder: random.py would hide the standard module
from pathlib import Path
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

FOLDER = Path(__file__).parent
MODULES = {
    'relu': nn.ReLU, 'gelu': nn.GELU, 'tanh': nn.Tanh, 'dropout': nn.Dropout,
}
ROWS = torch.arange(60, dtype=torch.float64).mul(37).remainder(251).reshape(5, 12)
result = {'rows': ROWS.ravel().tolist()}
for name in ['float32', 'float64', 'bfloat16']:
    path = FOLDER / 'modelFile' / f'{name}.safetensors'
    with safe_open(path, 'pt') as file:
        metadata = file.metadata()
    assert metadata['format'] == 'pt'
    own = json.loads(metadata['blastrain'])
    facts, arrays = own['facts'], own['normalization']['arrays']
    width, layers = facts['inputSize'], []
    for layer in facts['spec']['model']:
        if layer['type'] == 'linear':
            layers.append(nn.Linear(width, layer.get('size', facts['outputSize'])))
            width = layers[-1].out_features
        elif layer['type'] == 'batch-norm':
            layers.append(nn.BatchNorm1d(width))
        elif layer['type'] == 'layer-norm':
            layers.append(nn.LayerNorm(width))
        else:
            layers.append(MODULES[layer['type']]())
    net = nn.Sequential(*layers).to(torch.float64).eval()
    print(net.load_state_dict(load_file(path)))
    scale, shift = (torch.tensor(arrays[key], dtype=torch.float64) for key in ['scale', 'shift'])
    with torch.no_grad():
        result[name] = torch.softmax(net(ROWS * scale + shift), 1).ravel().tolist()
(FOLDER / 'modelFile.json').write_text(json.dumps(result) + '\n')
