#!/usr/bin/python3
"""Writes philox.json: draws of fillUniform and fillNormal by Python's integers and NumPy's functions, and the published vectors of Philox."""
import json, sys
sys.path.pop(0)  # this folder: random.py would hide the standard module
from pathlib import Path
import numpy as np

MASK = 2**32 - 1


def philox(counter, key):
    counter, key = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [second >> 32 ^ counter[1] ^ key[0], second & MASK, first >> 32 ^ counter[3] ^ key[1], first & MASK]
        key = [(key[0] + 0x9E3779B9) & MASK, (key[1] + 0xBB67AE85) & MASK]
    return counter


# kat_vectors of Random123 for philox4x32 with 10 rounds, by which philox is checked.
known = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([MASK] * 4, [MASK] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0], [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
]
for counter, key, words in known:
    assert philox(counter, key) == words


def draws(n, key):
    words = [word for block in range((n + 3) // 4) for word in philox([block, 0, 0, 0], key)]
    u = (np.array(words, dtype=np.float64) + 0.5) / 2**32
    radius, angle = np.sqrt(-2 * np.log(u[0::2])), 2 * np.pi * u[1::2]
    z = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()
    return u[:n].tolist(), z[:n].tolist()


cases = []
for key in ([0, 0], [1, 7], [MASK, 0x80000000]):
    uniform, normal = draws(35, key)
    cases.append({'key': key, 'uniform': uniform, 'normal': normal})
golden = {'known': [{'counter': c, 'key': k, 'words': w} for c, k, w in known], 'cases': cases}
Path(__file__).with_suffix('.json').write_text(json.dumps(golden) + '\n')
