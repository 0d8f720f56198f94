"""Keys of a `[[barrier]]` that conflict, by driver: pairs of the key and what is wrong and allowed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.words.language import say
from relay.boards.http_address import is_header, url_problem

if TYPE_CHECKING:
    from relay.settings import BarrierSettings


def wiegand_problems(barrier: BarrierSettings) -> list[tuple[str, str]]:
    """Problems of `driver = "wiegand"`."""
    found = [
        (key, say('для driver = "wiegand" нужны две ножки BCM: pin (D0) и pin_d1 (D1)'))
        for key, number in (("pin", barrier.pin), ("pin_d1", barrier.pin_d1))
        if number is None
    ]
    if barrier.pin is not None and barrier.pin == barrier.pin_d1:
        found.append(("pin_d1", say("D0 и D1 — разные ножки")))
    if barrier.wiegand_bits == "26" and barrier.facility > 255:
        found.append(("facility", say("при 26 битах от 0 до 255")))
    if not barrier.card:
        found.append(("card", say("нужен номер карты, занесённой в контроллер, от 1 до 65535")))
    if barrier.hold_mode != "repeat":
        found.append(("hold_mode", say('карта ничего не держит: для driver = "wiegand" нужно hold_mode = "repeat"')))
    return found


def http_problems(barrier: BarrierSettings) -> list[tuple[str, str]]:
    """Problems of `driver = "http"`."""
    keys = ("http_pulse_url", "http_on_url", "http_off_url", "http_state_url")
    found = [(key, why) for key in keys if (url := getattr(barrier, key)) and (why := url_problem(url))]
    if not is_header(barrier.http_authorization):
        found.append(("http_authorization", say("только латиница, цифры и знаки, в одну строку")))
    if not barrier.http_off_url:
        found.append(("http_off_url", say("нужен всегда: им реле размыкается при запуске и остановке")))
    if not barrier.http_pulse_url and not barrier.http_on_url:
        found.append(("http_pulse_url", say("нужен http_pulse_url (импульс отмеряет устройство) или http_on_url")))
    if barrier.http_state_url and not (barrier.http_state_on and barrier.http_state_off):
        found.append(("http_state_url", say("вместе с ним нужны http_state_on и http_state_off")))
    return found
