#!/usr/bin/python3
"""Makes temperature.json beside this file: temperatures for lib/train/temperature.ts, by SciPy's bounded scalar minimiser on the logits.

usage: temperature.py (needs numpy and scipy)
"""
import json, os, sys
sys.path.pop(0)  # this folder: random.py in it would hide the standard module
import numpy as np
import scipy
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

rng = np.random.default_rng(15)
cases = []
for rows, classes, scale in [(40, 2, 3.0), (60, 3, 6.0), (90, 5, 0.4), (25, 4, 1.0)]:
    labels = rng.integers(0, classes, rows)
    logits = scale * (rng.normal(size=(rows, classes)) + 1.2 * np.eye(classes)[labels])
    loss = lambda log_t: -log_softmax(logits / np.exp(log_t), axis=1)[np.arange(rows), labels].mean()
    found = minimize_scalar(loss, bounds=(-6, 6), method="bounded", options={"xatol": 1e-12})
    cases.append({
        "classes": classes, "probabilities": softmax(logits, axis=1).ravel().tolist(), "labels": labels.tolist(),
        "temperature": float(np.exp(found.x)), "loss": float(found.fun), "calibrated": softmax(logits / np.exp(found.x), axis=1).ravel().tolist(),
    })
json.dump({"madeWith": f"SciPy {scipy.__version__}", "cases": cases},
          open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "temperature.json"), "w"))
