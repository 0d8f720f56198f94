"""What confidence should have been said: a logistic fit of being right on the logit of the confidence.

The two numbers are `confidence_slope` and `confidence_offset` of `edge.core.decode.Calibration`, given that the
reader answered with slope 1 and offset 0. Fit them on rendered plates; real ones check them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from models.training.evaluate.scoring import Scored

_PRIOR = 0.5
"""Pull towards slope 1 and offset 0, in plates: a handful of misses must not bend the curve."""


def fit(rows: Iterable[Scored]) -> tuple[float, float]:
    """Slope and offset by Newton's method; (1, 0) where nothing was answered."""
    answered = [(row.answer.confidence, row.exact) for row in rows if row.answer is not None and row.answer.text]
    if not answered:
        return 1.0, 0.0
    said = np.clip(np.array([c for c, _ in answered]), 1e-6, 1 - 1e-6)
    right = np.array([r for _, r in answered], np.float64)
    design = np.stack([np.log(said / (1 - said)), np.ones_like(said)], axis=1)
    start = np.array([1.0, 0.0])
    weights = start.copy()
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (right - p) - _PRIOR * (weights - start)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + _PRIOR * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        weights += step
        if float(np.abs(step).max()) < 1e-6:
            break
    return float(weights[0]), float(weights[1])
