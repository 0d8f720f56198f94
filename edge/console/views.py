"""What the pages show, as ready texts: templates decide nothing.

Values that change by the second (ages, countdowns) are not part of these texts: they come with the beat
(`edge.console.live`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from core.decision.headline import headline
from core.decision.record import Verdict, VisitRecord
from core.decision.why import sentence
from core.plates.canonical import display
from core.plates.doubts import doubt
from core.rules.policy import Direction
from core.words.requesters import requester_words
from edge.admission import Admission
from edge.config import GateConfig
from edge.config.schema import Lane
from edge.console.phones import Piece, pieces
from edge.console.watch import Now
from edge.language import either, say
from edge.runtime.alarms import Fault
from edge.runtime.scene import Scene, SceneVisit
from edge.runtime.status import FRAME_TOO_OLD_S, GateStatus
from edge.store.journal import StoredVisit
from edge.words import site_time, state_words, verdict_words
from relay.protocol import BarrierStatus

SHOWN_AFTER_S = 3.0
"""A car still being read is shown as waiting once it has been there this long."""
BLINDING = frozenset(
    {Fault.CAMERA_BLOCKED, Fault.CAMERA_GLARE, Fault.CAMERA_FROZEN, Fault.CAMERA_MOVED, Fault.VISION_DEAD}
)
"""Alarms under which a car may stand in a lane and not be seen."""
LEAVING_AFTER_S = 6.0
"""Exits open by themselves; a car that waits there longer is in trouble."""
UNSEEN_S = 3.0


@dataclass(frozen=True, slots=True)
class LaneCard:
    """A lane and its barrier. `ready`: the relay has just reported that it answers, and the barrier's board too."""

    index: int
    name: str
    title: str
    direction: str
    barrier: str
    seeing: bool
    """Whether a car that stands there would be seen now."""
    note: str
    """What is wrong, or how many pictures come."""
    ready: bool
    doing: str
    """What the barrier is doing, in words."""
    held: bool
    trouble: str
    zone: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class WaitingCard:
    """A car that waits, and why."""

    id: str
    lane: str
    plate: str
    read: bool
    refused: bool
    reason: str
    guest: tuple[Piece, ...]
    picture: int | None
    """Grows with every better picture; None while there is none."""
    plate_shown: bool
    listed: bool
    """A pass of the list decided, for it or against it."""
    leaving: bool


@dataclass(frozen=True, slots=True)
class VisitRow:
    id: str
    at: str
    day: str
    today: bool
    lane: str
    opened: bool
    unsure: bool
    """It was asked to open, and no board said that it did."""
    verdict: str
    plate: str
    reason: str
    by: str
    note: str
    frame: str | None
    plate_crop: str | None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """Whether a plate may enter, for the page."""

    opens: bool
    plate: str
    verdict: str
    sentences: tuple[str, ...]
    site_time: str
    guest: tuple[Piece, ...]
    warnings: tuple[str, ...]
    """Why the answer may not be what happens at the barrier."""


def answer_view(answer: Admission, config: GateConfig) -> AnswerView:
    standing = answer.standing
    return AnswerView(
        opens=standing.opens,
        plate=display(answer.plate),
        verdict=verdict_words(standing),
        sentences=tuple(either(*sentence(step, zone=config.zone)) for step in standing.trace),
        site_time=site_time(answer.at, config),
        guest=pieces(standing.item.note) if standing.item is not None else (),
        warnings=tuple(_warnings(answer, config)),
    )


def _warnings(answer: Admission, config: GateConfig) -> Iterator[str]:
    if answer.from_copy:
        yield say("Список повреждён или потерян: ответ — по его последней целой копии.")
    unlikely = doubt(answer.plate)
    if unlikely is not None:
        yield say("внимание: {what}", what=str(unlikely))
    if answer.standing.opens and config.policy.anti_passback_h:
        yield say("Внутри ли эта машина уже, здесь не проверено: повторный въезд шлагбаум откажет.")


def lane_cards(config: GateConfig, now: Now) -> tuple[LaneCard, ...]:
    """One card per lane, even while `gate run` does not answer."""
    return tuple(_lane_card(index, lane, now) for index, lane in enumerate(config.lanes))


def _lane_card(index: int, lane: Lane, now: Now) -> LaneCard:
    seeing, note = _camera(lane, now)
    barrier = now.barrier(lane.barrier)
    ready = now.ready(lane)
    return LaneCard(
        index=index,
        name=lane.name,
        title=lane.shown,
        direction=_says_more(lane),
        barrier=lane.barrier,
        seeing=seeing,
        note=note,
        ready=ready,
        doing=_doing(barrier),
        held=barrier is not None and barrier.doing in {"hold", "fire"},
        trouble="" if ready else _trouble(barrier, now),
        zone=lane.view.zone,
    )


def _says_more(lane: Lane) -> str:
    """The direction in words; empty if the lane's name is that word."""
    words = say("въезд") if lane.direction is Direction.ENTRY else say("выезд")
    return "" if lane.shown.casefold() == words else words


def _camera(lane: Lane, now: Now) -> tuple[bool, str]:
    if now.gate is None:
        return False, say("не видно: программа не отвечает")
    camera = next((one for one in now.gate.status.cameras if one.lane == lane.name), None)
    if camera is None:
        return False, say("не видно: этот проезд ещё не взят из настроек, позовите техника")
    if not camera.alive:
        return False, say("камера потеряна")
    if camera.frozen:
        return False, say("картинка застыла")
    if camera.frame_age_s is None or camera.frame_age_s > FRAME_TOO_OLD_S:
        return False, say("кадры стары")
    blind = next((one for one in now.gate.status.alarms if one.lane in {lane.name, ""} and one.code in BLINDING), None)
    if blind is not None:
        return False, blind.fault
    return True, say("{fps:.0f} кадров/с", fps=camera.fps)


def _doing(barrier: BarrierStatus | None) -> str:
    if barrier is None:
        return say("шлагбаум: неизвестно")
    position = "" if barrier.position == "unknown" else f", {state_words(barrier.position)}"
    return f"{say('шлагбаум')}: {state_words(barrier.doing)}{position}"


def _trouble(barrier: BarrierStatus | None, now: Now) -> str:
    if now.relay is None:
        return say(
            "Программа реле (gate relay) не отвечает: кнопки не действуют."
            " Откройте кнопкой на стене или пультом шлагбаума."
        )
    if barrier is None:
        return say("Этот шлагбаум ещё не взят из настроек (gate relay): кнопки не действуют, позовите техника.")
    return say("плата шлагбаума: {health}, кнопки могут не подействовать", health=state_words(barrier.health))


def titled(config: GateConfig, status: GateStatus) -> GateStatus:
    """The status with lanes by the names that people use."""
    cameras = tuple(replace(one, lane=config.shown(one.lane)) for one in status.cameras)
    alarms = tuple(replace(one, lane=config.shown(one.lane)) if one.lane else one for one in status.alarms)
    return replace(status, cameras=cameras, alarms=alarms)


def waiting_cards(config: GateConfig, scene: Scene) -> tuple[WaitingCard, ...]:
    """The cars that wait, the longest wait first."""
    found = [one for one in scene.visits if _is_shown(one)]
    return tuple(_waiting_card(config, one) for one in sorted(found, key=lambda one: -one.waited_s))


def _is_shown(one: SceneVisit) -> bool:
    visit = one.visit
    if not visit.waits or one.unseen_s > UNSEEN_S:
        return False
    if visit.direction is Direction.EXIT:
        return one.waited_s >= LEAVING_AFTER_S
    return bool(visit.word) or one.waited_s >= SHOWN_AFTER_S


def _waiting_card(config: GateConfig, one: SceneVisit) -> WaitingCard:
    visit = one.visit
    reason = headline(visit.word, visit.grounds, now=visit.last.wall, zone=config.zone) if visit.word else ""
    leaving = visit.direction is Direction.EXIT
    return WaitingCard(
        id=visit.visit_id,
        lane=config.shown(visit.lane),
        plate=visit.display or visit.masked or say("номер не прочитан"),
        read=visit.plate is not None,
        refused=bool(visit.word) and not leaving,
        reason=say("выезд не открылся сам") if leaving else reason or say("номер ещё читается"),
        guest=pieces(visit.note),
        picture=visit.best_frame,
        plate_shown=visit.best_corners is not None,
        listed=visit.pass_id is not None,
        leaving=leaving,
    )


def visit_row(visit: StoredVisit, config: GateConfig, *, now: datetime) -> VisitRow:
    record = visit.record
    at = record.first.wall.astimezone(config.zone)
    hand = next((one for one in reversed(record.openings) if one.by or one.note), None)
    return VisitRow(
        id=record.visit_id,
        at=f"{at:%H:%M:%S}",
        day=f"{at:%d.%m.%Y}",
        today=at.date() == now.astimezone(config.zone).date(),
        lane=config.shown(record.lane) or record.barrier,
        opened=record.opened,
        unsure=record.unconfirmed,
        verdict=verdict_of(record),
        plate=record.display or record.masked or "—",
        reason=reason_of(record, now=now, zone=config.zone),
        by=requester_words(hand.by, hand.reason) if hand is not None else "",
        note=hand.note if hand is not None else "",
        frame=visit.frame,
        plate_crop=visit.plate_crop,
    )


def verdict_of(record: VisitRecord) -> str:
    if record.opened:
        return say("неизвестно, открылся ли") if record.unconfirmed else say("открыт")
    return say("не открылся") if record.decision is Verdict.OPEN else say("отказ")


def reason_of(record: VisitRecord, *, now: datetime, zone: tzinfo) -> str:
    """The record's reason in one sentence."""
    return headline(record.reason.value, record.trace, now=now, zone=zone)
