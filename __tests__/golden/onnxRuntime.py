#!/usr/bin/python3
"""Checks exported models: FOLDER has pairs NAME.onnx and NAME.json, {feeds, outputs} as the tests' own evaluator computed them. Needs onnx and onnxruntime.

`BLASTRAIN_PYTHON=python3 npx jest __tests__/formats/onnxExport` calls it.
"""
import json, sys
sys.path.pop(0)  # this folder: random.py would hide the standard module
from pathlib import Path
import numpy as np
import onnx
import onnxruntime

TYPES = {'float': np.float32, 'double': np.float64, 'int64': np.int64, 'uint8': np.uint8, 'string': object}


def array(value):
    values = [np.nan if one is None else one for one in value['values']]
    return np.array(values, dtype=TYPES[value['type']]).reshape(value['shape'])


count, worst = 0, 0.
for file in sorted(Path(sys.argv[1]).glob('*.onnx')):
    onnx.checker.check_model(onnx.load(file), full_check=True)
    case = json.loads(file.with_suffix('.json').read_text())
    session = onnxruntime.InferenceSession(file, providers=['CPUExecutionProvider'])
    feeds = {name: array(value) for name, value in case['feeds'].items()}
    names = [output.name for output in session.get_outputs()]
    for name, found in zip(names, session.run(names, feeds)):
        wanted = array(case['outputs'][name])
        assert list(found.shape) == list(wanted.shape), (file.name, name, found.shape, wanted.shape)
        if name == 'label':
            assert (found == wanted).all(), (file.name, found, wanted)
        else:
            error = np.abs(found - wanted) / np.maximum(1, np.abs(wanted))
            worst = max(worst, error.max())
            assert error.max() < 1e-5, (file.name, name, error.max())
    # A single row has to do as well.
    session.run(names, {name: value[:1] for name, value in feeds.items()})
    count += 1
print(f'{count} models, largest difference {worst:.1e}')
