"""Tells whether the same surfaces are still in view, whatever the light does. Pure functions on grey thumbnails.

Light multiplies what a surface shows by a gain and adds a veil, both smooth over a few pixels, so the pattern of edges
stays. Whatever stands in front of the surface replaces the pattern. So the pattern (a thumbnail minus its own blur) of
each small window is compared with the background's by normalised correlation, invariant to gain and offset (Lewis,
"Fast Normalized Cross-Correlation", 1995; for backgrounds: Jacques, Jung and Musse, 2005).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

_WINDOW_PX = 7
"""Windows of a twentieth of the thumbnail's width: a wheel or a headlamp fills one."""
_BLUR_PX = 2.0
"""Whatever is smoother than this is light: the rim of a headlamp's cone measures ten times more."""
_PATTERN = 2.5
"""Root-mean-square contrast of a window, in grey levels, that makes a pattern and not noise."""
_NOISE_DEVIATIONS = 3.0
"""The same in multiples of the noise between two looks: the gain of a night picture amplifies both."""
_SAME_CORRELATION = 0.5
"""Squared correlation from which two patterns are the same surface."""
_FADED = 0.2
"""Share of the expected contrast below which a pattern is gone: fog and dirt leave more, and keep the pattern."""
_FLOOR = 0.1
"""Variance of a background averaged over seconds: only rounding is left."""
_BORDER_PX = 3
_CLIPPED = 250.0
"""A window this bright is white whatever is there: its pattern cannot be seen, so it does not count as gone."""


def replaced(grey: Grey, background: Grey, *, noise: float) -> Mask:
    """Where the view shows another surface than the background: a new pattern, or a known one gone.

    `noise` is the deviation of a pixel between two looks, in grey levels. Where neither shows a pattern nothing can be
    told, and the answer is False: a change of brightness alone may be light.
    """
    seen, known = _pattern(grey), _pattern(background)
    seen_energy, known_energy, common = _mean(seen * seen), _mean(known * known), _mean(seen * known)
    least = max(_PATTERN, _NOISE_DEVIATIONS * noise) ** 2
    # In darker light the same surface has less contrast (Weber): only contrast that should be visible can be missed.
    brightness = _mean(grey)
    share = np.minimum(1.0, (brightness + 1.0) / (_mean(background) + 1.0))
    expected = known_energy * share * share
    missed = (expected > 2 * least) & (brightness < _CLIPPED)
    other = common * common < _SAME_CORRELATION * seen_energy * (known_energy + _FLOOR)
    faded = missed & (seen_energy <= least) & (seen_energy < _FADED * expected)
    mask: Mask = ((seen_energy > least) & other) | faded
    # At the border a blur is one-sided: a veil that falls off there would leave a pattern.
    for edge in (mask[:_BORDER_PX], mask[-_BORDER_PX:], mask[:, :_BORDER_PX], mask[:, -_BORDER_PX:]):
        edge[:] = False
    return mask


def noise_between(grey: Grey, last: Grey) -> float:
    """Standard deviation of a pixel's noise between two looks, in grey levels. The median ignores what moved."""
    step = grey[::2, ::2] - last[::2, ::2]
    return median(np.abs(step - median(step))) / _MAD


def median(values: Grey) -> float:
    """The median. The first call of `np.median` imports masked arrays, which fails while file handles are short."""
    middle = values.size // 2
    return float(np.partition(values, middle, axis=None)[middle])


_MAD = 0.6745 * 2**0.5
"""Median absolute deviation of the difference of two normal values, in standard deviations of one."""


def _pattern(grey: Grey) -> Grey:
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), _BLUR_PX), np.float32)


def _mean(values: Grey) -> Grey:
    return np.asarray(cv2.boxFilter(values, -1, (_WINDOW_PX, _WINDOW_PX)), np.float32)
