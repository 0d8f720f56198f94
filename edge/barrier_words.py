"""The result of an open, hold or release request, in words for people: for the page and the command line alike."""

from __future__ import annotations

from core.words.outcomes import Outcome
from edge.language import say
from edge.words import state_words
from relay.protocol import Do, Reply


def told(do: Do, name: str, reply: Reply, *, asked_s: float | None = None) -> tuple[bool, str]:
    """Whether it was done, and one line of text. `name`: the lane's display name; `asked_s`: the requested hold."""
    if reply.outcome is Outcome.UNCONFIRMED:
        said = say("Послано, но открылся ли шлагбаум, неизвестно: посмотрите на него")
        return True, f"{said} ({reply.detail})"
    if reply.outcome is not Outcome.DONE:
        return False, f"{state_words(reply.outcome.value)}: {reply.detail or reply.why}"
    if reply.repeated:
        return True, say("«{name}»: эта просьба уже выполнена, второй раз не открываем.", name=name)
    if do is Do.HOLD:
        return True, _held(name, reply, asked_s)
    if do is Do.RELEASE:
        return True, _released(name, reply)
    # A board that reports nothing back was sent the command; nothing more is known.
    sure = say("«{name}»: открыто, плата подтвердила.", name=name)
    return True, sure if reply.confirmed else say("«{name}»: команда открыть отдана.", name=name)


def _held(name: str, reply: Reply, asked_s: float | None) -> str:
    minutes = (reply.held_s if reply.held_s is not None else asked_s or 0.0) / 60
    if reply.why == "pause":  # accepted, but the contact is still open
        text = say(
            "«{name}»: удержание на {minutes:.0f} мин принято, {detail}.",
            name=name,
            minutes=minutes,
            detail=reply.detail,
        )
    else:
        text = say("«{name}»: удерживается открытым {minutes:.0f} мин.", name=name, minutes=minutes)
    if reply.why == "held" and reply.detail:  # somebody else holds it for longer: that end applies
        text += f" {reply.detail}."
    if asked_s is not None and minutes * 60 < asked_s - 1:
        text += " " + say("Дольше не позволяет max_hold_minutes.")
    return text


def _released(name: str, reply: Reply) -> str:
    return {
        "not_held": say("«{name}»: и не удерживался.", name=name),
        "others_hold": say(
            "«{name}»: ваше удержание снято, но шлагбаум ещё держат: {detail}.", name=name, detail=reply.detail
        ),
        "fire": say("«{name}»: открыт по пожарному входу и таким останется.", name=name),
    }.get(reply.why, say("«{name}»: удержание снято, шлагбаум закроется сам.", name=name))
