#!/usr/bin/python3
"""Makes scores.json beside this file: scores for lib/train/scores.ts, by scikit-learn.

usage: scores.py (needs numpy and scikit-learn)
"""
import json, os, sys
sys.path.pop(0)  # this folder: random.py in it would hide the standard module
import numpy as np
import sklearn
from sklearn import metrics as m


def of_classes(probs, labels):
    classes = probs.shape[1]
    predicted = probs.argmax(axis=1)
    onehot = np.eye(classes)[labels]
    present = [j for j in range(classes) if 0 < onehot[:, j].sum() < len(labels)]
    rank = lambda score: float(score(onehot[:, 1], probs[:, 1])) if classes == 2 else float(np.mean([score(onehot[:, j], probs[:, j]) for j in present]))
    brier = float(((probs - onehot) ** 2).sum(axis=1).mean() / (2 if classes == 2 else 1))
    return {
        "logLoss": float(m.log_loss(labels, probs, labels=list(range(classes)))), "brier": brier,
        "rocAuc": rank(m.roc_auc_score), "averagePrecision": rank(m.average_precision_score),
        "balancedAccuracy": float(m.balanced_accuracy_score(labels, predicted)), "mcc": float(m.matthews_corrcoef(labels, predicted)),
    }


def of_numbers(p, t):
    return {"r2": float(m.r2_score(t, p)), "mae": float(m.mean_absolute_error(t, p)), "mape": float(m.mean_absolute_percentage_error(t, p))}


rng = np.random.default_rng(5)
classes = []
for rows, k, digits, absent in [(40, 2, 12, False), (60, 2, 1, False), (50, 4, 12, False), (80, 5, 1, False), (30, 4, 2, True), (7, 3, 12, False)]:
    probs = rng.dirichlet(np.ones(k), rows)
    if digits < 12:  # ties
        probs = np.round(probs, digits) + 1e-3
        probs /= probs.sum(axis=1, keepdims=True)
    labels = rng.integers(0, k - 1 if absent else k, rows)
    labels[:2] = [0, 1]
    classes.append({"probabilities": probs.ravel().tolist(), "labels": labels.tolist(), "classes": k, "scores": of_classes(probs, labels)})
numbers = []
for rows, outputs, scale in [(30, 1, 1.0), (25, 3, 1e6), (5, 2, 1e-6)]:
    t = rng.normal(size=(rows, outputs)) * scale
    p = t + rng.normal(size=(rows, outputs)) * scale * 0.3
    numbers.append({"predictions": p.ravel().tolist(), "targets": t.ravel().tolist(), "outputs": outputs, "scores": of_numbers(p, t)})
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "scores.json"), "w") as file:
    json.dump({"madeWith": f"scikit-learn {sklearn.__version__}", "classes": classes, "numbers": numbers}, file)
