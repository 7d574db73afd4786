#!/usr/bin/python3
"""Makes random.json beside this file: draws of NumPy's legacy RandomState that lib/random.ts must reproduce.

usage: random.py
Doubles are written as the 16 hex digits of their IEEE 754 bits; long sequences as SHA-256 over their bytes
(little-endian int32 or float64) with the last few values.
"""
import hashlib, json, os, struct, sys
sys.path.pop(0)  # this folder: the file's own name would hide the standard module
import numpy as np


def bits(values):
    return ['%016x' % struct.unpack('>Q', struct.pack('>d', float(v)))[0] for v in np.ravel(values)]


def integers(values):
    return [int(v) for v in values]


def digest(values, dtype):
    return hashlib.sha256(np.ascontiguousarray(values).astype(dtype).tobytes()).hexdigest()


def case(seed):
    def fresh():
        return np.random.RandomState(seed)

    r = fresh()
    out = {'seed': seed, 'uniform': bits(r.uniform(size=5)), 'uniformRange': bits(r.uniform(-3.7, 11.3, 5))}
    # 2,000 doubles take 4,000 words: six blocks of 624.
    r = fresh()
    u = r.uniform(size=2000)
    out['uniformLong'] = {'sha256': digest(u, '<f8'), 'last': bits(u[-3:])}
    r = fresh()
    n = r.randn(1001)
    # An odd count leaves the second of a pair cached; the next call must hand it out.
    out['randn'] = {'values': bits(n), 'next': bits(r.randn(3)), 'thenUniform': bits(r.uniform(size=2))}
    out['permutation'] = {str(k): integers(fresh().permutation(k)) for k in (0, 1, 2, 10)}
    p = fresh().permutation(49000)
    out['permutationLong'] = {'sha256': digest(p, '<i4'), 'first': integers(p[:5])}
    r = fresh()
    out['randint'] = [
        {'low': low, 'high': high, 'values': integers(r.randint(low, high, 8))}
        for low, high in ((0, 10), (5, 6), (-7, 9), (0, 256), (0, 257), (-2**31, 2**31), (0, 2**31 - 1))
    ]
    r = fresh()
    out['randintWide'] = [
        {'low': low, 'high': high, 'values': [int(r.randint(low, high)) for _ in range(4)]}
        for low, high in ((0, 2**32), (0, 2**32 + 1), (0, 2**40 + 12345), (-2**52, 2**52), (0, 2**53 - 1))
    ]
    r = fresh()
    c = r.choice(49000, 200)
    out['choice'] = {
        'replace': integers(c), 'again': integers(r.choice(49000, 3)),
        'without': integers(r.choice(1000, 20, replace=False)),
        'letters': [str(v) for v in r.choice(list('abcde'), 6)],
        'lettersWithout': [str(v) for v in r.choice(list('abcde'), 5, replace=False)],
    }
    r = fresh()
    items = list(range(20))
    r.shuffle(items)
    doubles = np.arange(700.0)
    r.shuffle(doubles)
    out['shuffle'] = {'list': items, 'doubles': digest(doubles, '<f8')}
    # Everything from one stream, so that no distribution takes a draw more or less than NumPy's.
    r = fresh()
    mixed = []
    for i in range(60):
        mixed += [float(r.randint(0, 3 + i)), float(r.permutation(i + 1)[0]), float(r.uniform())]
        r.randn(1 + i % 4)
    out['mixed'] = bits(mixed)
    kind, key, position, has_gauss, gauss = r.get_state()
    out['state'] = {'keySha256': digest(key, '<u4'), 'position': int(position), 'hasGauss': bool(has_gauss)}
    return out


here = os.path.dirname(os.path.abspath(__file__))
toy = np.random.RandomState(0)
result = {
    'numpy': np.__version__,
    # A key of words in place of a seed; the last is as long as the state.
    'keys': [{'key': key, 'uniform': bits(np.random.RandomState(key).uniform(size=700)[-3:])}
             for key in ([1], [0, 0], [2, 3, 4, 5, 6], [2**32 - 1, 2**31, 7], list(range(624)))],
    'cases': [case(seed) for seed in (0, 1, 42, 2**31, 2**32 - 1)],
    'toy': {
        'W1': bits(0.1 * toy.randn(4, 10)), 'W2': bits(0.1 * toy.randn(10, 3)),
        'X': bits(10 * np.random.RandomState(1).randn(5, 4)),
    },
}
with open(os.path.join(here, 'random.json'), 'w') as f:
    json.dump(result, f, separators=(',', ':'))
    f.write('\n')
