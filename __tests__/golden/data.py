#!/usr/bin/python3
"""Makes data.json beside this file: what NumPy says of whitening, eigenvalues, Beta draws, and its files as bytes.

usage: data.py
Matrices are lists of rows; files are base64.
"""
import base64, io, json, os, sys
sys.path.pop(0)  # this folder: random.py in it would hide the standard module
import numpy as np


def rows(matrix):
    return [[float(v) for v in row] for row in matrix]


def whitening(x, epsilon, components):
    z = x - x.mean(axis=0)
    std = z.std(axis=0)
    z = z / np.where(std < 1e-8, 1, std)
    values, vectors = np.linalg.eigh(z.T @ z / len(z))
    values, vectors = values[::-1], vectors[:, ::-1]
    roots = 1 / np.sqrt(np.maximum(0, values) + epsilon)
    return {'x': rows(x), 'epsilon': epsilon, 'components': components,
            'pca': rows((roots[:, None] * vectors.T)[:components]), 'zca': rows((vectors * roots) @ vectors.T)}


def eigen(name, a):
    return {'name': name, 'a': rows(a), 'values': [float(v) for v in np.linalg.eigvalsh(a)[::-1]]}


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return base64.b64encode(out.getvalue()).decode()


def npz(save, **arrays):
    out = io.BytesIO()
    save(out, **arrays)
    return base64.b64encode(out.getvalue()).decode()


r = np.random.RandomState(0)
correlated = r.randn(40, 3) @ r.randn(3, 7) + 0.2 * r.randn(40, 7)
square = r.randn(12, 12)
wilkinson = np.diag(np.abs(np.arange(21.) - 10)) + np.diag(np.ones(20), 1) + np.diag(np.ones(20), -1)
images = r.randint(0, 256, (6, 3, 4, 5)).astype(np.uint8)
labels = r.randint(0, 3, 6)
features = r.randn(6, 4)

out = {
    'numpy': np.__version__,
    'whitening': {
        'bytes': whitening(np.clip(128 + 40 * correlated, 0, 255).astype(np.uint8), 0.1, 4),
        'floats': whitening(correlated, 1e-3, 7),
        'a constant column': whitening(np.hstack([correlated[:, :3], np.full((40, 1), 3.5)]), 0.01, 2),
        'fewer rows than columns': whitening(correlated[:5], 0.1, 7),
    },
    'eigen': [
        eigen('random', square + square.T), eigen('of low rank', square[:, :2] @ square[:, :2].T), eigen('Wilkinson', wilkinson),
        eigen('graded', np.array([[10.0 ** (-i - j) for j in range(6)] for i in range(6)])),
        eigen('second differences', 2 * np.eye(70) - np.eye(70, k=1) - np.eye(70, k=-1)),
    ],
    'beta': [{'alpha': alpha, 'draws': [float(np.random.RandomState(7).beta(alpha, alpha))] +
              [float(v) for v in np.random.RandomState(8).beta(alpha, alpha, 20)]} for alpha in (0.05, 0.2, 1.0, 1.5, 8.0)],
    'arrays': {
        'images': [int(v) for v in images.ravel()], 'labels': [int(v) for v in labels], 'features': [float(v) for v in features.ravel()],
    },
    'files': {
        'images': npy(images), 'labels': npy(labels), 'labels32': npy(labels.astype(np.int32)), 'floatLabels': npy(labels.astype(float)),
        'f8': npy(features), 'f4': npy(features.astype(np.float32)), 'targets': npy(features[:, :2]),
        'fortran': npy(np.asfortranarray(features)), 'bigEndian': npy(features.astype('>f8')), 'half': npy(features.astype(np.float16)),
        'text': npy(np.array(['a', 'b'])), 'flat': npy(features[:, 0]), 'negative': npy(labels - 5), 'nan': npy(np.where(features > 1, np.nan, features)),
        'stored': npz(np.savez, x=images, y=labels), 'deflated': npz(np.savez_compressed, x=features, y=labels),
        'named': npz(np.savez, pixels=images, kinds=labels), 'many': npz(np.savez, a=features, b=features, y=labels),
    },
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data.json')
with open(path, 'w') as file:
    file.write(json.dumps(out, separators=(',', ':')) + '\n')
