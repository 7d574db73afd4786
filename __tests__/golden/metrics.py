#!/usr/bin/python3
"""Makes metrics.json beside this file: scores for lib/train/metrics.ts, from their definitions, in NumPy alone.

usage: metrics.py
"""
import json, os, sys
sys.path.pop(0)  # this folder: random.py in it would hide the standard module
import numpy as np


def report(probs, labels, k, bins):
    rows, classes = probs.shape
    predicted = probs.argmax(axis=1)
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (labels, predicted), 1)
    hits = np.diag(confusion).astype(float)
    support, given = confusion.sum(axis=1), confusion.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.nan_to_num(hits / given)
        recall = np.nan_to_num(hits / support)
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    order = np.argsort(-probs, axis=1, kind="stable")[:, :k]
    confidence = probs.max(axis=1)
    edges = np.linspace(0, 1, bins + 1)
    ece, table = 0.0, []
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        mean = confidence[inside].mean() if inside.any() else 0.0
        accuracy = (predicted == labels)[inside].mean() if inside.any() else 0.0
        ece += inside.mean() * abs(accuracy - mean)
        table.append([int(inside.sum()), float(mean), float(accuracy)])
    return {
        "accuracy": float((predicted == labels).mean()),
        "topK": float((order == labels[:, None]).any(axis=1).mean()),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
        "macro": [float(precision.mean()), float(recall.mean()), float(f1.mean())],
        "confusion": confusion.tolist(), "ece": float(ece), "bins": table,
    }


def case(name, seed, rows, classes, k, bins, sharpness, skilled, decimals=None, missing=()):
    random = np.random.RandomState(seed)
    labels = random.randint(0, classes, rows)
    for label in missing:
        labels[labels == label] = (label + 1) % classes
    logits = sharpness * random.randn(rows, classes)
    logits[np.arange(rows), labels] += skilled
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    if decimals is not None:  # ties, and confidences on the edges of bins
        probs = np.round(probs, decimals)
    return {"name": name, "k": k, "bins": bins, "probabilities": probs.tolist(), "labels": labels.tolist(),
            "report": report(probs, labels, k, bins)}


cases = [
    case("ten classes", 0, 200, 10, 5, 15, 1.5, 1.0),
    case("two classes, overconfident", 1, 60, 2, 1, 15, 4.0, 1.0),
    case("a class without rows", 2, 40, 4, 2, 10, 1.0, 2.0, missing=(2,)),
    case("ties", 3, 50, 5, 3, 4, 1.0, 0.5, decimals=2),
]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics.json"), "w") as file:
    json.dump(cases, file)
    file.write("\n")
