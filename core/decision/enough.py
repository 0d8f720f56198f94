"""How many pictures an opening at an entry needs. One rule for the gate and for whoever decides its visits again."""

from __future__ import annotations

from collections.abc import Callable

from core.decision.decide import Judgement
from core.reading.reading import Reading
from core.rules.policy import Policy


def sure_alone(reading: Reading, width_px: float, policy: Policy) -> bool:
    """Whether a single picture is so close and so certain that it is enough. `width_px`: of the plate in it."""
    return width_px >= policy.sure_width_px and reading.confidence >= policy.sure_confidence and reading.accepted


def enough_pictures(
    reading: Reading, judgement: Judgement, policy: Policy, *, width_px: float, reads: int, agreeing: Callable[[], int]
) -> bool:
    """Whether the pictures behind `reading` are enough to open on `judgement`.

    `agreeing`: how many different pictures read as the fused text; asked only where it matters.
    """
    if sure_alone(reading, width_px, policy):
        return True
    if judgement.plate != reading.text or reading.confidence < policy.open_confidence:
        return reads >= policy.min_frames  # a near match has already waited for better frames
    return agreeing() >= policy.min_frames
