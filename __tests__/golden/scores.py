#!/usr/bin/python3
"""Makes scores.json beside this file: scores for lib/train/scores.ts, by scikit-learn.

usage: scores.py (needs numpy and scikit-learn)
"""
import json, os, sys
sys.path.pop(0)  # this folder: random.py in it would hide the standard module
import numpy as np
import sklearn
from sklearn import metrics as m


def of_classes(probs, labels, w):
    classes = probs.shape[1]
    predicted = probs.argmax(axis=1)
    onehot = np.eye(classes)[labels]
    present = [j for j in range(classes) if 0 < onehot[w > 0, j].sum() < (w > 0).sum()]
    rank = lambda score: (float(score(onehot[:, 1], probs[:, 1], sample_weight=w)) if classes == 2
                          else float(np.mean([score(onehot[:, j], probs[:, j], sample_weight=w) for j in present])))
    brier = float(np.average(((probs - onehot) ** 2).sum(axis=1), weights=w) / (2 if classes == 2 else 1))
    return {
        "logLoss": float(m.log_loss(labels, probs, labels=list(range(classes)), sample_weight=w)), "brier": brier,
        "rocAuc": rank(m.roc_auc_score), "averagePrecision": rank(m.average_precision_score),
        "balancedAccuracy": float(m.balanced_accuracy_score(labels, predicted, sample_weight=w)),
        "mcc": float(m.matthews_corrcoef(labels, predicted, sample_weight=w)),
    }


def of_numbers(p, t, w):
    return {
        "r2": float(m.r2_score(t, p, sample_weight=w)), "mae": float(m.mean_absolute_error(t, p, sample_weight=w)),
        "mape": float(m.mean_absolute_percentage_error(t, p, sample_weight=w)),
    }


def of_rates(p, t, w):
    each = [m.mean_poisson_deviance(t[:, j], p[:, j], sample_weight=w) for j in range(t.shape[1])]
    return {**of_numbers(p, t, w), "poissonDeviance": float(np.mean(each))}


def of_labels(p, t, w):
    labels = range(t.shape[1])
    each = lambda score: float(np.mean([score(t[:, j], p[:, j], sample_weight=w) for j in labels]))
    said = (p >= 0.5).astype(int)
    return {
        "logLoss": float(np.mean([m.log_loss(t[:, j], p[:, j], labels=[0, 1], sample_weight=w) for j in labels])),
        "brier": float(np.mean([m.brier_score_loss(t[:, j], p[:, j], pos_label=1, sample_weight=w) for j in labels])),
        "rocAuc": each(m.roc_auc_score), "averagePrecision": each(m.average_precision_score),
        "labelAccuracy": float(np.mean([m.accuracy_score(t[:, j], said[:, j], sample_weight=w) for j in labels])),
        # Of one label scikit-learn takes both of its values for classes.
        "f1": float(np.mean([m.f1_score(t[:, j], said[:, j], sample_weight=w, zero_division=0) for j in labels])),
        "microF1": float(m.f1_score(t.ravel(), said.ravel(), sample_weight=np.repeat(w, len(labels)), zero_division=0)),
    }


def of_quantiles(p, t, levels, w):
    pinball = np.mean([m.mean_pinball_loss(t, p[:, :, at], alpha=level, sample_weight=w) for at, level in enumerate(levels)])
    shares = [[np.average(t[:, j] <= p[:, j, at], weights=w) for j in range(t.shape[1])] for at in range(len(levels))]
    return {"pinball": float(pinball), "miscoverage": float(np.abs(np.array(shares) - np.array(levels)[:, None]).mean())}


def drawn(rows):
    """Nothing, and weights of rows, of which some are 0."""
    return [None, np.round(rng.uniform(0, 3, rows) * (rng.uniform(size=rows) > 0.2), 3)]


def case(w, scores, **given):
    return {**given, **({} if w is None else {"weights": w.tolist()}), "scores": scores}


rng = np.random.default_rng(5)
classes, numbers, rates, labels_of, quantiles = [], [], [], [], []
for rows, k, digits, absent in [(40, 2, 12, False), (60, 2, 1, False), (50, 4, 12, False), (80, 5, 1, False), (30, 4, 2, True), (7, 3, 12, False)]:
    probs = rng.dirichlet(np.ones(k), rows)
    if digits < 12:  # ties
        probs = np.round(probs, digits) + 1e-3
        probs /= probs.sum(axis=1, keepdims=True)
    labels = rng.integers(0, k - 1 if absent else k, rows)
    labels[:2] = [0, 1]
    for w in drawn(rows):
        scores = of_classes(probs, labels, np.ones(rows) if w is None else w)
        classes.append(case(w, scores, probabilities=probs.ravel().tolist(), labels=labels.tolist(), classes=k))
for rows, outputs, scale in [(30, 1, 1.0), (25, 3, 1e6), (5, 2, 1e-6)]:
    t = rng.normal(size=(rows, outputs)) * scale
    p = t + rng.normal(size=(rows, outputs)) * scale * 0.3
    q = np.sort(t[:, :, None] + rng.normal(size=(rows, outputs, 3)) * scale, axis=2)
    counts = rng.poisson(2.0, size=(rows, outputs)).astype(float)
    rate = rng.uniform(0.1, 4, size=(rows, outputs))
    levels = [0.1, 0.5, 0.9]
    for w in drawn(rows):
        ones = np.ones(rows) if w is None else w
        numbers.append(case(w, of_numbers(p, t, ones), predictions=p.ravel().tolist(), targets=t.ravel().tolist(), outputs=outputs))
        rates.append(case(w, of_rates(rate, counts, ones), predictions=rate.ravel().tolist(), targets=counts.ravel().tolist(), outputs=outputs))
        quantiles.append(case(w, of_quantiles(q, t, levels, ones), predictions=q.ravel().tolist(), targets=t.ravel().tolist(), outputs=outputs, levels=levels))
for rows, outputs, digits in [(40, 1, 12), (50, 3, 1), (30, 4, 12)]:
    t = (rng.uniform(size=(rows, outputs)) < 0.4).astype(int)
    t[:2] = [[0], [1]]
    p = np.round(rng.uniform(size=(rows, outputs)), digits)
    for w in drawn(rows):
        if w is not None: w[:2] = 1
        scores = of_labels(p, t, np.ones(rows) if w is None else w)
        labels_of.append(case(w, scores, predictions=p.ravel().tolist(), targets=t.ravel().tolist(), outputs=outputs))
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "scores.json"), "w") as file:
    json.dump({"madeWith": f"scikit-learn {sklearn.__version__}", "classes": classes, "numbers": numbers, "labels": labels_of, "rates": rates, "quantiles": quantiles}, file)
