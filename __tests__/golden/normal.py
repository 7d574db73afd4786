#!/usr/bin/python3
"""Writes normal.json: for some x, the normal distribution function and x times the density, from mpmath."""
import json, sys
sys.path.pop(0)  # this folder: random.py would hide the standard module
from pathlib import Path
from mpmath import erfc, exp, mp, mpf, pi, sqrt

mp.dps = 40
xs = [i / 16 for i in range(-16 * 36, 16 * 10, 7)] + [sign * 10.0**-k for k in range(1, 20, 3) for sign in (1, -1)]
rows = [[x, float(erfc(-mpf(x) / sqrt(2)) / 2), float(x * exp(-mpf(x) ** 2 / 2) / sqrt(2 * pi))] for x in xs]
Path(__file__).with_suffix('.json').write_text(json.dumps(rows) + '\n')
