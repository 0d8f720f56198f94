"""What pages say of a gate's answers: no badge is green unless a gate has said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context as JinjaContext
from markupsafe import Markup

from cloud.db.models import Command, Gate, GateEvent
from cloud.domain import answers, gates
from cloud.domain.answers import Answer, Passage
from cloud.fleet.standing import SILENT_AFTER
from cloud.web import words

NEWS = timedelta(minutes=1)
"""How long a command stands at the top of the guard's page."""


@pass_context
def answer_badge(context: JinjaContext, command: Command) -> Markup:
    """What the gate has answered to a command, as a badge."""
    return _badge(context, answers.answer_of(command, now=context["page"].now), words.ANSWERS)


@pass_context
def passage_badge(context: JinjaContext, event: GateEvent) -> Markup:
    """What the gate said about a visit, as a badge."""
    found = answers.passage_of(event)
    if found is None:
        return Markup('<span class="state expired">{}</span>').format(context["t"](words.KINDS.get(event.kind, "—")))
    return _badge(context, found, words.PASSAGES)


def passage_look(event: GateEvent) -> str:
    """How the edge of a visit's card looks: green only if it opened, red only if it was refused."""
    return {Passage.OPENED: "open", Passage.DECIDED: "open", Passage.REFUSED: "refuse", Passage.SHUT: "refuse"}.get(
        answers.passage_of(event) or Passage.BY_HAND, ""
    )


@pass_context
def passage_words(context: JinjaContext, event: GateEvent) -> str:
    found = answers.passage_of(event)
    return "—" if found is None else str(context["t"](words.PASSAGES[found]))


def _badge(context: JinjaContext, found: Answer | Passage, said: Mapping[Any, str]) -> Markup:
    look = words.LOOKS.get(found, "expired")
    return Markup('<span class="state {}">{}</span>').format(look, context["t"](said[found]))


@pass_context
def awaits(context: JinjaContext, command: Command) -> bool:
    """Whether the gate's answer may still come in time."""
    return answers.answer_of(command, now=context["page"].now) is Answer.WAITING


@pass_context
def away(context: JinjaContext) -> list[Gate]:
    """The territory's gates that are bound and not heard of now: what they see and know is missing on the page."""
    page = context["page"]
    return gates.away(page.session, page.territory, now=page.now)


@pass_context
def awaited(context: JinjaContext, commands: Sequence[Command]) -> list[Command]:
    """The newest of the last minute's commands for each lane: somebody waits for what came of it."""
    found: dict[tuple[int, str], Command] = {}
    for command in commands:  # newest first
        if context["page"].now - command.created_at < NEWS:
            found.setdefault((command.gate_id, command.lane), command)
    return list(found.values())


@pass_context
def is_fresh(context: JinjaContext, gate: Gate) -> bool:
    """Whether the gate's newest report is about now."""
    return gate.health_at is not None and context["page"].now - gate.health_at < SILENT_AFTER


def relay_silent(gate: Gate) -> bool:
    """Whether the gate's newest report says that its relay process does not answer."""
    return gates.health_facts(gate).get("relay_alive") is False
