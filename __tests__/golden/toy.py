#!/usr/bin/python3
"""The course's toy problem in NumPy: the numbers that __tests__/experiment/toy.test.ts holds lib/experiment/toy.ts to.

Written from the formulas in the course's column convention (weights transposed to [out, in] at the end), without reading
the TypeScript. The gradients come from complex steps, not from backpropagation:
d J / d t = Im J(t + i h) / h with h = 1e-30 has neither truncation nor cancellation error.

usage: toy.py
"""
import json, os, sys
sys.path.pop(0)  # this folder: random.py in it would hide the standard module
import numpy as np


def setup():
    np.random.seed(0)
    w1 = 1e-1 * np.random.randn(4, 10)
    w2 = 1e-1 * np.random.randn(10, 3)
    np.random.seed(1)
    x = 10 * np.random.randn(5, 4)
    return [w1, np.zeros(10), w2, np.zeros(3)], x, np.array([0, 1, 2, 2, 1])


def probabilities(params, x):
    w1, b1, w2, b2 = params
    z = x @ w1 + b1
    hidden = np.where(z.real > 0, z, 0)
    scores = hidden @ w2 + b2
    scores = scores - scores.real.max(axis=1, keepdims=True)
    e = np.exp(scores)
    return e / e.sum(axis=1, keepdims=True)


def loss(params, x, labels, l2):
    p = probabilities(params, x)[np.arange(len(labels)), labels]
    return -np.log(p).mean() + l2 * ((params[0] ** 2).sum() + (params[2] ** 2).sum())


def gradients(params, x, labels, l2):
    h = 1e-30
    result = []
    for k, param in enumerate(params):
        gradient = np.empty_like(param)
        for index in np.ndindex(param.shape):
            shifted = [p.astype(complex) for p in params]
            shifted[k][index] += 1j * h
            gradient[index] = loss(shifted, x, labels, l2).imag / h
        result.append(gradient)
    return result


def main():
    params, x, labels = setup()
    names = ["W1", "b1", "W2", "b2"]
    flat = lambda arrays: {n: a.T.ravel().tolist() for n, a in zip(names, arrays)}
    golden = {
        "numpy": np.__version__,
        "x": x.ravel().tolist(),
        "parameters": flat(params),
        "scores": probabilities(params, x).tolist(),
        "loss": float(loss(params, x, labels, 0.05)),
        "gradients": flat(gradients(params, x, labels, 0.05)),
    }
    history = []
    for _ in range(100):
        history.append(float(loss(params, x, labels, 5e-6)))
        params = [p - 0.1 * g for p, g in zip(params, gradients(params, x, labels, 5e-6))]
    golden["lossHistory"] = history
    golden["finalLoss"] = float(loss(params, x, labels, 5e-6))
    golden["finalParameters"] = flat(params)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "toy.json"), "w") as f:
        json.dump(golden, f, separators=(",", ":"))
        f.write("\n")


main()
