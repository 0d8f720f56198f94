"""What the gate's journal says about calls."""

from __future__ import annotations

from edge.language import say
from sync.wire import Flowed, OpenedInCall

# One call of `say` per text: the catalogue needs literals.


def opened_in_call(call: OpenedInCall) -> str:
    """For the record of an opening by a portal command: in which call it was given, and with which media."""
    return say("звонок {id}: {picture}, {sound}", id=call.id, picture=_picture(call.picture), sound=_sound(call.sound))


def call_over(call_id: str, *, by: str, answered_after_s: float | None, talked_s: float, ending: str) -> str:
    """A line on a finished call. `ending`: from `sync.call_wire.Ending`; `offline` if the cloud was out of reach."""
    if answered_after_s is None:
        return say("звонок {id}: {ending}", id=call_id, ending=_ending(ending))
    return say(
        "звонок {id}: ответил {by} через {after} с, говорили {talked} с, {ending}",
        id=call_id,
        by=by,
        after=round(answered_after_s),
        talked=round(talked_s),
        ending=_ending(ending),
    )


def _picture(flowed: Flowed) -> str:
    if flowed == "yes":
        return say("картинка есть")
    return say("картинки нет") if flowed == "no" else say("картинка не подтверждена")


def _sound(flowed: Flowed) -> str:
    if flowed == "yes":
        return say("звук есть")
    return say("звука нет") if flowed == "no" else say("звук не подтверждён")


def _ending(ending: str) -> str:
    match ending:
        case "nobody":
            return say("никто не ответил")
        case "person":
            return say("закончил ответивший")
        case "too_long":
            return say("закончился по времени")
        case "person_lost":
            return say("ответивший пропал со связи")
        case "person_out":
            return say("у ответившего больше нет доступа")
        case "gate_lost":
            return say("связь с порталом пропала")
        case "refused":
            return say("портал не принял звонок")
        case _:
            return say("завершён у шлагбаума")
