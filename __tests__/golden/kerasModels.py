#!/usr/bin/python3
"""Writes models whose layers are models themselves into imports/, and kerasModels.json, what Keras computes from them.

With Keras 3 (any backend) keras-nested.*; with Keras 2, as tensorflow 2.15 has it, keras2*.keras and keras2-nested.h5: run it once with each.
"""
import json, os, sys
sys.path.pop(0)  # this folder: random.py would hide the standard module
os.environ.setdefault('KERAS_BACKEND', 'numpy')
from pathlib import Path
import numpy as np
import keras
from keras import layers

FOLDER = Path(__file__).parent / 'imports'
GOLDEN = Path(__file__).with_suffix('.json')
draws = np.random.RandomState(4)
ROWS = np.array(json.loads((FOLDER.parent / 'imports.json').read_text())['rows']).reshape(-1, 4).astype(np.float32)
cases = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
isOld = keras.__version__.startswith('2.')


def settle(model):
    """Variables that differ from where they start."""
    for variable in model.variables:
        if 'count' not in variable.name and 'seed' not in variable.name:
            variable.assign(draws.rand(*variable.shape) + (.5 if 'variance' in variable.name else -.5))
    return model


def save(name, model, *endings):
    for ending in endings:
        model.save(FOLDER / f'{name}{ending}')
        cases[f'{name}{ending}'] = {'outputs': [float(x) for x in model.predict(ROWS, verbose=0).reshape(-1)]}


def nested():
    """A functional model with a Sequential one within, which has another one within, and one of each class behind it."""
    inner = keras.Sequential([layers.Dense(5, 'relu', name='first'), layers.BatchNormalization(name='settled'), layers.Dense(4, 'tanh', name='second')], name='inner')
    outer = keras.Sequential([keras.Input((4,)), inner, layers.LayerNormalization(name='level')], name='outer')
    entry = keras.Input((4,), name='bridge')
    chain = keras.Model(entry, layers.BatchNormalization(name='after')(layers.Dense(6, 'selu', name='wide')(entry)), name='chain')
    x = rows = keras.Input((4,), name='rows')
    for layer in [layers.Dense(4, name='lead'), outer, chain, layers.Dense(3, 'softmax', name='end')]:
        x = layer(x)
    return settle(keras.Model(rows, x))


prefix = 'keras2' if isOld else 'keras'
save(f'{prefix}-nested', nested(), '.keras', '.h5')
if isOld:
    save('keras2', settle(keras.Sequential([keras.Input((4,)), layers.Dense(5, 'relu'), layers.BatchNormalization(), layers.Dense(4, 'tanh'), layers.Dense(3, 'softmax')])), '.keras')
    x = rows = keras.Input((4,))
    for layer in [layers.Dense(5, 'relu'), layers.BatchNormalization(), layers.Dense(4, 'tanh'), layers.Dense(2, 'softmax')]:
        x = layer(x)
    save('keras2-functional', settle(keras.Model(rows, x)), '.keras')
GOLDEN.write_text(json.dumps(cases) + '\n')
