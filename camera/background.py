"""What a lane looks like with nothing in it, as far as it is known: a value per pixel that follows the light.

Three speeds: a surface still in view takes the new light within a second; road of unchanged brightness drifts with the
day; what stands before the road is left out until it has stood for so long that it belongs to the view.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from camera.surface import Grey, Mask, noise_between

_DRIFT_S = 8.0
"""Time in which empty background follows the day."""
_RELIGHT_S = 0.7
"""Time in which a surface that is seen unchanged takes a new light: exposure control settles in one or two seconds."""
_ABSORB_S = 45.0
"""A pixel of the foreground that has stood still for so long is background: a parked car, or the hole it left."""
_ABSORB_AT_FIRST_S = 1.5
"""The same just after the start, when nothing is known of the lane; it grows with half the age of the model."""
_MOST = 0.6
_NOISE_AT_FIRST = 1.0
_NOISE_SHARE = 0.1
_CALM = 0.01
"""Share of changed pixels up to which two looks differ by noise; a step of the light would be taken for it."""
_NEIGHBOURS = cv2.getStructuringElement(cv2.MORPH_RECT, (5, 5))


class Background:
    """The background of one lane. Owned by its `MotionGate`."""

    def __init__(self, grey: Grey, at: float) -> None:
        self.grey = grey.copy()
        self.last = grey
        self.last_at = at
        self.noise = _NOISE_AT_FIRST
        """Deviation of a pixel between two looks, in grey levels, learned while nothing else happens."""
        self._still_s = np.zeros(grey.shape, np.float32)
        self._calm_s = np.zeros(grey.shape, np.float32)
        self._age_s = 0.0

    def calm(self, where: tuple[slice, slice], seconds: float) -> bool:
        """Whether most of a part of the picture has not changed for so long; rain and a flickering lamp leave most of it."""
        return float((self._calm_s[where] >= seconds).mean()) >= _MOST

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
        """Take the look `grey`, `step_s` seconds after the last.

        `changed` since the last look; `foreground` is, or may be, no background, but for `relit`: light;
        in `kept` stands a vehicle whose visit is open: nothing of it is learned.
        """
        self._age_s += step_s
        self._calm_s += step_s
        self._calm_s[changed] = 0.0
        self._still_s += step_s
        standing = foreground if relit is None else foreground & ~relit
        self._still_s[changed | ~standing] = 0.0
        # By neighbourhoods: a lace of absorbed pixels would be a pattern that nothing in the lane has.
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
