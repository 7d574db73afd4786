#!/usr/bin/python3
"""Makes columns.json beside this file: columns of numbers as lib/data/columns/scales.ts scales them, by NumPy and scikit-learn, and quantiles of
the normal distribution by SciPy.

usage: columns.py (needs numpy, scipy and scikit-learn)
"""
import json, os, sys
sys.path.pop(0)  # this folder: random.py in it would hide the standard module
import numpy as np
import scipy
import sklearn
from scipy.stats import norm
from sklearn.preprocessing import QuantileTransformer

rng = np.random.default_rng(16)


def robust(train, rows):
    """As RealMLP's preprocessing describes it: median centre, quartile scale, smooth clipping."""
    spread = np.quantile(train, 0.75) - np.quantile(train, 0.25)
    if spread == 0:
        spread = (train.max() - train.min()) / 2
    z = (rows - np.median(train)) * (0 if spread == 0 else 1 / spread)
    return z / np.sqrt(1 + (z / 3) ** 2)


columns = {
    "normal": rng.normal(size=57),
    "heavy tails": rng.standard_cauchy(size=80),
    "ties": rng.integers(0, 6, 90).astype(float),
    "mostly one value": np.where(rng.random(60) < 0.85, 2.0, rng.normal(size=60)),
    "two values": rng.integers(0, 2, 31) * 5.0,
    "two rows": np.array([3.0, 8.0]),
    "more rows than quantiles": rng.normal(size=1500).round(3),
}
cases = []
for name, train in columns.items():
    inside = train[:40]
    rows = np.concatenate([inside, (inside[:-1] + inside[1:]) / 2, [train.min() - 1, train.max() + 1, 1e6]])
    count = min(1000, len(train))
    transformer = QuantileTransformer(n_quantiles=count, output_distribution="normal", subsample=None).fit(train[:, None])
    if count == len(train):
        # np.nanpercentile is off by rounding errors, by which equal values become different ones.
        transformer.quantiles_ = np.sort(train)[:, None]
    ranks = transformer.transform(rows[:, None])[:, 0]
    cases.append({"name": name, "train": train.tolist(), "rows": rows.tolist(), "robust": robust(train, rows).tolist(), "quantile": ranks.tolist()})
p = np.concatenate([[0.5, 1e-300, 1e-20, 1e-7, 0.02, 0.075, 0.925, 0.98, 1 - 1e-9], rng.random(30)])
json.dump({"madeWith": f"NumPy {np.__version__}, SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}", "cases": cases, "p": p.tolist(), "normal": norm.ppf(p).tolist()},
          open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "columns.json"), "w"))
