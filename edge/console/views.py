"""What the pages show, as ready texts: templates decide nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from core.plates import display
from core.reasons import reason_words
from core.record import Verdict
from core.why import sentence
from edge.admission import Admission
from edge.config import GateConfig
from edge.language import either, say
from edge.runtime.status import GateStatus
from edge.store.journal import StoredVisit
from edge.words import site_time, verdict_words


@dataclass(frozen=True, slots=True)
class LaneCard:
    name: str
    direction: str
    barrier: str
    alive: bool
    note: str
    """What is wrong, or how fresh the picture is."""


@dataclass(frozen=True, slots=True)
class VisitRow:
    id: str
    at: str
    day: str
    lane: str
    opened: bool
    verdict: str
    plate: str
    reason: str
    frame: str | None
    plate_crop: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the guard wants of a barrier."""

    lane: str
    do: str

    @property
    def question(self) -> str:
        return {
            "open": say("Открыть «{lane}»?", lane=self.lane),
            "hold": say("Держать «{lane}» открытым?", lane=self.lane),
            "release": say("Отпустить «{lane}»?", lane=self.lane),
        }[self.do]

    @property
    def yes(self) -> str:
        return {
            "open": say("Да, открыть"),
            "hold": say("Да, держать"),
            "release": say("Да, отпустить"),
        }[self.do]

    @property
    def done(self) -> str:
        return {
            "open": say("«{lane}»: открыто.", lane=self.lane),
            "hold": say("«{lane}»: удерживается открытым.", lane=self.lane),
            "release": say("«{lane}»: удержание снято.", lane=self.lane),
        }[self.do]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """Whether a plate may enter, for the page."""

    opens: bool
    plate: str
    verdict: str
    sentences: tuple[str, ...]
    site_time: str


def answer_view(answer: Admission, config: GateConfig) -> AnswerView:
    standing = answer.standing
    return AnswerView(
        opens=standing.opens,
        plate=display(answer.plate),
        verdict=verdict_words(standing),
        sentences=tuple(either(*sentence(step)) for step in standing.trace),
        site_time=site_time(answer.at, config),
    )


def lane_cards(config: GateConfig, status: GateStatus | None) -> tuple[LaneCard, ...]:
    """One card a lane, also while `gate run` does not answer."""
    cameras = {} if status is None else {camera.lane: camera for camera in status.cameras}
    cards = []
    for lane in config.lanes:
        camera = cameras.get(lane.name)
        if camera is None:
            note = say("gate run не отвечает")
        elif not camera.alive:
            note = say("камера потеряна")
        elif camera.frozen:
            note = say("картинка застыла")
        else:
            note = say("{fps:.0f} кадров/с", fps=camera.fps)
        direction = say("въезд") if lane.direction.value == "entry" else say("выезд")
        alive = camera is not None and camera.alive and not camera.frozen
        cards.append(LaneCard(lane.name, direction, lane.barrier, alive, note))
    return tuple(cards)


def visit_row(visit: StoredVisit, zone: tzinfo) -> VisitRow:
    record = visit.record
    refused = say("не открылся") if record.decision is Verdict.OPEN else say("отказ")
    at = record.first.wall.astimezone(zone)
    return VisitRow(
        id=record.visit_id,
        at=f"{at:%H:%M:%S}",
        day=f"{at:%d.%m.%Y}",
        lane=record.lane or record.barrier,
        opened=record.opened,
        verdict=say("открыт") if record.opened else refused,
        plate=record.display or record.masked or "—",
        reason=reason_words(record.reason),
        frame=visit.frame,
        plate_crop=visit.plate_crop,
    )
