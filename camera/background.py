"""What an empty lane looks like, as far as it is known: one value per pixel that follows the light.

It adapts at three speeds. A surface still in view takes on new light within a second. Road of unchanged brightness
drifts with the day. Whatever stands in front of the road is ignored until it has stood long enough to belong to the
view.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from camera.surface import Grey, Mask, noise_between

_DRIFT_S = 8.0
"""Time constant with which empty background follows the daylight, in seconds."""
_RELIGHT_S = 0.7
"""Time constant with which a surface that is still in view takes on new light: exposure control settles in one to two
seconds."""
_ABSORB_S = 45.0
"""Seconds after which still foreground becomes background: a parked car, or the place it left."""
_ABSORB_AT_FIRST_S = 1.5
"""The same just after the start, when nothing is known of the lane. The time grows with half the age of the model."""
_CALM_SHARE = 0.6
_NOISE_AT_FIRST = 1.0
_NOISE_SHARE = 0.1
_CALM = 0.01
"""Up to this share of changed pixels, two looks differ only by noise; a step of the light would be mistaken for noise."""
_NEIGHBOURS = cv2.getStructuringElement(cv2.MORPH_RECT, (5, 5))


class Background:
    """The background of one lane. Owned by its `MotionGate`."""

    def __init__(self, grey: Grey, at: float) -> None:
        self.grey = grey.copy()
        self.last = grey
        self.last_at = at
        self.noise = _NOISE_AT_FIRST
        """Standard deviation of a pixel between two looks, in grey levels, learned while nothing else happens."""
        self._still_s = np.zeros(grey.shape, np.float32)
        self._calm_s = np.zeros(grey.shape, np.float32)
        self._age_s = 0.0

    def calm(self, where: tuple[slice, slice], seconds: float) -> bool:
        """Whether most of that part has been unchanged for so long.

        Rain or a flickering lamp disturbs only a small part of it.
        """
        return float((self._calm_s[where] >= seconds).mean()) >= _CALM_SHARE

    def learn(
        self,
        grey: Grey,
        *,
        changed: Mask,
        foreground: Mask,
        relit: Mask | None,
        kept: tuple[slice, slice] | None,
        step_s: float,
    ) -> None:
        """Takes in the look `grey`, `step_s` seconds after the last one.

        `changed`: pixels changed since the last look. `foreground`: pixels that are, or may be, no background. `relit`:
        pixels where only the light is new. `kept`: the area of a vehicle with an open visit; nothing is learned there.
        """
        self._age_s += step_s
        self._calm_s += step_s
        self._calm_s[changed] = 0.0
        self._still_s += step_s
        standing = foreground if relit is None else foreground & ~relit
        self._still_s[changed | ~standing] = 0.0
        # By neighbourhoods: scattered absorbed pixels would form a pattern that nothing in the lane has.
        still_s = cv2.erode(self._still_s, _NEIGHBOURS)
        absorbed = standing & (still_s >= min(_ABSORB_S, max(_ABSORB_AT_FIRST_S, self._age_s / 2)))
        if kept is not None:
            absorbed[kept] = False
        rate = np.where(foreground, np.float32(0), np.float32(-math.expm1(-step_s / _DRIFT_S)))
        rate[absorbed] = 1.0
        if relit is not None:
            rate[relit] = -math.expm1(-step_s / _RELIGHT_S)
            if kept is not None:
                rate[kept] = 0.0
        elif not foreground.any() or float(changed.mean()) < _CALM:
            self.noise += _NOISE_SHARE * (noise_between(grey, self.last) - self.noise)
        self.grey += rate * (grey - self.grey)
