#!/usr/bin/python3
"""Runs exported Python files: FOLDER has NAME.py with NAME.safetensors, and NAME.json, {rows, predictions} as the model itself predicts. Needs torch and safetensors.

`BLASTRAIN_PYTHON=python3 npx jest __tests__/formats/torchCode` calls it.
"""
import importlib.util, json, sys
sys.path.pop(0)  # this folder: random.py would hide the standard module
from pathlib import Path
import torch

count, worst = 0, 0.
for file in sorted(Path(sys.argv[1]).glob('*.py')):
    case = json.loads(file.with_suffix('.json').read_text())
    spec = importlib.util.spec_from_file_location('exported', file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.predict(case['rows'])
    wanted = torch.tensor(case['predictions'], dtype=torch.float64).reshape(found.shape)
    error = ((found - wanted).abs() / wanted.abs().clamp_min(1)).max().item()
    assert error < 1e-5, (file.name, error)
    assert len(module.CLASSES) == found.shape[1]
    worst = max(worst, error)
    count += 1
print(f'{count} models, largest difference {worst:.1e}')
