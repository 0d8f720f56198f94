"""Makes an acceptance from what is seen and what was driven. Used by the page and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.decision.record import Verdict
from core.errors import GateError
from edge.aim.judge import State, rows
from edge.aim.record import Acceptance, DrivenPass
from edge.aim.settings import AimSettings
from edge.aim.sight import AimSight
from edge.config import GateConfig
from edge.config.schema import Lane
from edge.language import say
from edge.store.journal import StoredVisit

PLATE_SEEN_S = 900.0
"""A plate measured longer ago may belong to an earlier aim of the camera."""
MOST_PASSES = 20


class NotAccepted(GateError, ValueError):
    """Something needed for an acceptance is missing; the message says what."""


def driven_passes(visits: Sequence[StoredVisit]) -> tuple[DrivenPass, ...]:
    """The vehicles among finished visits, newest first."""
    seen = [one.record for one in visits if one.record.frames]
    return tuple(
        DrivenPass(
            at=one.first.wall,
            visit_id=one.visit_id,
            plate=one.display or one.masked or "",
            decision=say("открыть") if one.decision is Verdict.OPEN else say("отказ"),
            opened=one.opened,
            frames=one.frames,
            reads=one.reads,
            confidence=one.confidence if one.plate else 0.0,
        )
        for one in seen[:MOST_PASSES]
    )


def accepted(
    config: GateConfig,
    lane: Lane,
    sight: AimSight,
    passes: Sequence[DrivenPass],
    *,
    limits: AimSettings,
    at: datetime,
    by: str,
    note: str,
) -> Acceptance:
    """The acceptance. Raises NotAccepted if there is nothing to compare with later, or a fault without a note on it."""
    if sight.view is None or sight.frame_age_s is None or not sight.alive or sight.frozen:
        raise NotAccepted(say("картинки нет: принимать нечего"))
    if sight.view.doubt == "dark":
        raise NotAccepted(say("слишком темно: примите при свете или с подсветкой"))
    if sight.plate is None or sight.plate.age_s > PLATE_SEEN_S:
        raise NotAccepted(say("номера ещё не видели: поставьте машину у черты"))
    found = rows(sight, limits)
    read = [one for one in passes if one.confidence > 0]
    # a measure still unknown (e.g. no clock seen in half a minute) is recorded as such; it is not a fault
    complete = all(row.state is not State.BAD for row in found) and len(read) >= limits.passes
    if not complete and not note.strip():
        raise NotAccepted(say("не всё в порядке: допишите, почему принимаете так"))
    return Acceptance(
        lane=lane.name,
        title=lane.called,
        site=config.site.name,
        at=at,
        by=by,
        note=note.strip(),
        complete=complete,
        rows=found,
        passes=tuple(passes),
        sight=sight,
        zone=lane.view.zone,
        mask=lane.view.mask,
    )
