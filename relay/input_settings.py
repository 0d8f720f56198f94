"""Settings of a wired input: which contact it is, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.setting import setting
from core.words.language import say


class InputKind(StrEnum):
    """What a wired input means."""

    GUARD_BUTTON = "guard_button"
    ENTRY_LOOP = "entry_loop"
    EXIT_LOOP = "exit_loop"
    BOOM_LOOP = "boom_loop"
    FIRE = "fire"
    CALL_BUTTON = "call_button"
    OPEN_LIMIT = "open_limit"
    CLOSED_LIMIT = "closed_limit"


@dataclass(frozen=True, slots=True)
class InputSettings:
    """One `[[input]]`: a contact and its meaning."""

    name: str = setting(help_ru="имя входа", help_en="name of the input")
    kind: str = setting(
        choices=tuple(InputKind),
        help_ru="что это: кнопка охраны, петля, пожарный вход, кнопка вызова, концевик",
        help_en="what it is: guard button, loop, fire input, call button, limit switch",
    )
    barrier: str = setting("", help_ru="какой шлагбаум; можно назвать lane", help_en="which barrier; or name a lane")
    lane: str = setting("", help_ru="какая полоса (для петель)", help_en="which lane (for loops)")
    pin: int | None = setting(
        None, low=0, high=53, help_ru="GPIO: номер ножки по BCM", help_en="GPIO: pin number, BCM numbering"
    )
    pull: str = setting("up", choices=("up", "down", "none"), help_ru="GPIO: подтяжка", help_en="GPIO: pull resistor")
    board: str = setting(
        "",
        help_ru="шлагбаум, на плате которого находится вход",
        help_en="the barrier whose board carries this input",
    )
    board_input: int = setting(
        1,
        low=0,
        high=255,
        help_ru="номер входа, как напечатано на плате",
        help_en="input number as printed on the board",
    )
    contact: str = setting(
        "normally_open",
        choices=("normally_open", "normally_closed"),
        help_ru="normally_closed: сработал, когда разомкнут (обрыв тоже виден)",
        help_en="normally_closed: active when the contact is open (a broken wire is seen)",
    )
    debounce_s: float = setting(
        0.05,
        low=0.01,
        high=2.0,
        unit="s",
        help_ru="сколько вход должен не меняться, чтобы ему поверить",
        help_en="how long the input must stay the same to be believed",
    )
    long_press_s: float = setting(
        3.0,
        low=1.0,
        high=9.0,
        unit="s",
        help_ru="кнопка: нажатие не короче этого — удержание",
        help_en="button: a press at least this long is a hold",
    )
    hold_minutes: float = setting(
        10.0,
        low=1.0,
        high=480.0,
        unit="min",
        help_ru="кнопка: на сколько удерживает долгое нажатие",
        help_en="button: how long a long press holds the barrier open",
    )
    stuck_s: float = setting(
        10.0,
        low=9.5,
        high=3600.0,
        unit="s",
        help_ru="кнопка: нажата дольше — залипла, тревога; петля: см. loop_stuck_s",
        help_en="button: pressed longer = stuck, an alarm; a loop: see loop_stuck_s",
    )
    loop_repeat_s: float = setting(
        8.0,
        low=2.0,
        high=600.0,
        unit="s",
        help_ru="петля выезда: повторить импульс, пока машина стоит на петле",
        help_en="exit loop: pulse again while a vehicle stays on it",
    )
    loop_stuck_s: float = setting(
        300.0,
        low=10.0,
        high=86400.0,
        unit="s",
        help_ru="петля занята дольше — тревога, импульсы больше не повторяются",
        help_en="a loop busy longer than this is an alarm, and pulses are no longer repeated",
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys that conflict: pairs of the key and what is wrong and allowed."""
        found: list[tuple[str, str]] = []
        if (self.pin is None) == (not self.board):
            found.append(("pin", say("нужно одно из двух: pin (GPIO) или board (имя шлагбаума с платой)")))
        if self.kind == InputKind.CALL_BUTTON and not self.lane:
            found.append(("lane", say("кнопке вызова нужна полоса: чья камера её видит")))
        elif bool(self.barrier) == bool(self.lane):
            found.append(("barrier", say("нужно одно из двух: barrier или lane")))
        return tuple(found)
