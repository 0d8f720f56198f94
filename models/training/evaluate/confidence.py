"""Calibration of confidence: a logistic fit of being right on the logit of the confidence.

The two numbers are `confidence_slope` and `confidence_offset` of `core.reading.rows.Calibration`, provided that the
reader answered with slope 1 and offset 0. Fit them on rendered plates; check them on real ones.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.training.evaluate.scoring import Scored

_PRIOR = 0.5
"""Pull towards slope 1 and offset 0, in plates: a handful of misses must not distort the curve."""
_FARTHEST = 9.0
"""Logits are clipped here, at 1 in 8000: one wrong answer at full confidence must not outweigh all others."""
_EXPONENT = 60.0
_STEPS = 100
_ENOUGH = 1e-6
"""Step length at which the fit stops."""


def fit(rows: Iterable[Scored]) -> tuple[float, float]:
    """Slope and offset by Newton's method with step halving; (1, 0) if nothing was answered."""
    answered = [(row.answer.confidence, row.exact) for row in rows if row.answer is not None and row.answer.text]
    if not answered:
        return 1.0, 0.0
    said = np.clip(np.array([c for c, _ in answered]), 1e-6, 1 - 1e-6)
    right = np.array([r for _, r in answered], np.float64)
    logits = np.clip(np.log(said / (1 - said)), -_FARTHEST, _FARTHEST)
    design = np.stack([logits, np.ones_like(said)], axis=1)
    start = np.array([1.0, 0.0])

    def worth(weights: NDArray[np.float64]) -> float:
        """Log-likelihood minus the prior's penalty. It is concave, so climbing always converges."""
        z = design @ weights
        return float(np.sum(right * z - np.logaddexp(0, z)) - _PRIOR / 2 * np.sum((weights - start) ** 2))

    weights = start.copy()
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(np.clip(-design @ weights, -_EXPONENT, _EXPONENT)))
        gradient = design.T @ (right - p) - _PRIOR * (weights - start)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + _PRIOR * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        while worth(weights + step) < worth(weights) and float(np.abs(step).max()) >= _ENOUGH:
            step = step / 2
        if float(np.abs(step).max()) < _ENOUGH:
            break
        weights += step
    return float(weights[0]), float(weights[1])
