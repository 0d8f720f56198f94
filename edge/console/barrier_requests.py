"""A person's requests for the barrier from the page: each is carried out once, and its result reported as it was.

An opening for a visit is meant for that very car: the running gate must see it waiting at this moment.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import dataclass

from core.plates.canonical import display
from core.words.reasons import Reason
from core.words.requesters import CONSOLE, requester
from edge.barrier_words import told
from edge.config import GateConfig
from edge.config.schema import Lane
from edge.language import say
from edge.runtime.control import ControlClient, GateAbsent
from relay.client import Relay
from relay.errors import RelayError
from relay.protocol import Do

MOST_HOLD_MINUTES = 240
FRESH_S = 3.0
"""A car unseen for longer may have been replaced by another."""
KEPT_ANSWERS = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """One press of a button."""

    request_id: str
    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it was done, and what to tell the person."""

    well: bool
    text: str


class FormBroken(ValueError):
    """A form that does not come from our pages."""


def asked_in(form: dict[str, str], person: str) -> Asked:
    """The press that a form represents. Raises FormBroken."""
    try:
        return Asked(str(uuid.UUID(form.get("request_id", ""))), person, form.get("note", ""))
    except ValueError:
        raise FormBroken("request_id") from None


def minutes_in(form: dict[str, str]) -> float:
    """How long to hold, in minutes. Raises FormBroken."""
    try:
        minutes = float(form.get("minutes", "10"))
    except ValueError:
        raise FormBroken("minutes") from None
    if not 0 < minutes <= MOST_HOLD_MINUTES:
        raise FormBroken("minutes")
    return minutes


class BarrierRequests:
    """Sends requests to the relay; from any thread."""

    def __init__(self, config: GateConfig, *, gate: ControlClient, relay: Relay) -> None:
        self._config = config
        self._gate = gate
        self._relay = relay
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def answer(self, request_id: str) -> Answer:
        """The result of a request, for the page shown after it."""
        return self._answers.get(
            request_id,
            Answer(False, say("Чем кончилась просьба, здесь уже не узнать: посмотрите на шлагбаум и в журнал.")),
        )

    def lane(self, lane: Lane, do: Do, asked: Asked, minutes: float = 0.0) -> Answer:
        """Move a lane's barrier, whoever stands there."""
        by = requester(CONSOLE, asked.person)
        reason, request_id, note = Reason.CONSOLE, asked.request_id, asked.note
        hold_s = minutes * 60 if do is Do.HOLD else None
        try:
            if do is Do.OPEN:
                reply = self._relay.open(lane=lane.name, reason=reason, request_id=request_id, by=by, note=note)
            elif do is Do.HOLD:
                reply = self._relay.hold(
                    lane=lane.name, reason=reason, request_id=request_id, hold_s=minutes * 60, by=by, note=note
                )
            else:
                reply = self._relay.release(lane=lane.name, reason=reason, request_id=request_id, by=by, note=note)
        except RelayError as error:
            return self.keep(asked, Answer(False, str(error)))
        return self.keep(asked, Answer(*told(do, lane.shown, reply, asked_s=hold_s)))

    def visit(self, visit_id: str, asked: Asked) -> Answer:
        """Open for one car, if it still waits there."""
        try:
            found = self._gate.scene().visit(visit_id)
        except GateAbsent:
            text = say("Программа шлагбаума не отвечает: та ли машина стоит, неизвестно.")
            text += " " + say("Открыть можно кнопкой проезда.")
            return self.keep(asked, Answer(False, text))
        if found is None or found.unseen_s > FRESH_S:
            return self.keep(asked, Answer(False, say("Этой машины уже не видно: для неё не открываем.")))
        if not found.visit.waits:
            return self.keep(asked, Answer(False, say("Этой машине уже открыли.")))
        lane = self._config.lane(found.visit.lane)
        if lane is None:
            return self.keep(asked, Answer(False, say("Такого проезда нет.")))
        answer = self.lane(lane, Do.OPEN, asked)
        plate = found.visit.display or (display(found.visit.plate) if found.visit.plate else "")
        return answer if not plate else self.keep(asked, Answer(answer.well, f"{plate} — {answer.text}"))

    def keep(self, asked: Asked, answer: Answer) -> Answer:
        """Keep the answer for the page that shows it."""
        self._answers[asked.request_id] = answer
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)
        return answer
