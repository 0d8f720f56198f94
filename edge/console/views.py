"""What the pages show, as ready texts: templates decide nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from core.plates import display
from core.record import Verdict
from core.why import sentence
from edge.admission import Admission
from edge.config import GateConfig
from edge.language import say
from edge.runtime.status import GateStatus
from edge.store.journal import StoredVisit
from edge.words import reason_words, site_time, verdict_words


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
            "open": say(f"Открыть «{self.lane}»?", f"Open “{self.lane}”?"),
            "hold": say(f"Держать «{self.lane}» открытым?", f"Hold “{self.lane}” open?"),
            "release": say(f"Отпустить «{self.lane}»?", f"Release “{self.lane}”?"),
        }[self.do]

    @property
    def yes(self) -> str:
        return {
            "open": say("Да, открыть", "Yes, open"),
            "hold": say("Да, держать", "Yes, hold"),
            "release": say("Да, отпустить", "Yes, release"),
        }[self.do]

    @property
    def done(self) -> str:
        return {
            "open": say(f"«{self.lane}»: открыто.", f"“{self.lane}”: opened."),
            "hold": say(f"«{self.lane}»: удерживается открытым.", f"“{self.lane}”: held open."),
            "release": say(f"«{self.lane}»: удержание снято.", f"“{self.lane}”: released."),
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
        sentences=tuple(say(*sentence(step)) for step in standing.trace),
        site_time=site_time(answer.at, config),
    )


def lane_cards(config: GateConfig, status: GateStatus | None) -> tuple[LaneCard, ...]:
    """One card a lane, also while `gate run` does not answer."""
    cameras = {} if status is None else {camera.lane: camera for camera in status.cameras}
    cards = []
    for lane in config.lanes:
        camera = cameras.get(lane.name)
        if camera is None:
            note = say("gate run не отвечает", "gate run does not answer")
        elif not camera.alive:
            note = say("камера потеряна", "camera lost")
        elif camera.frozen:
            note = say("картинка застыла", "picture frozen")
        else:
            note = say(f"{camera.fps:.0f} кадров/с", f"{camera.fps:.0f} fps")
        direction = say("въезд", "entry") if lane.direction.value == "entry" else say("выезд", "exit")
        alive = camera is not None and camera.alive and not camera.frozen
        cards.append(LaneCard(lane.name, direction, lane.barrier, alive, note))
    return tuple(cards)


def visit_row(visit: StoredVisit, zone: tzinfo) -> VisitRow:
    record = visit.record
    refused = say("не открылся", "did not open") if record.decision is Verdict.OPEN else say("отказ", "refused")
    at = record.first.wall.astimezone(zone)
    return VisitRow(
        id=record.visit_id,
        at=f"{at:%H:%M:%S}",
        day=f"{at:%d.%m.%Y}",
        lane=record.lane or record.barrier,
        opened=record.opened,
        verdict=say("открыт", "opened") if record.opened else refused,
        plate=record.display or record.masked or "—",
        reason=reason_words(record.reason),
        frame=visit.frame,
        plate_crop=visit.plate_crop,
    )
