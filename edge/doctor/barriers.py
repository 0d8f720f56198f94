"""Boards, barriers and wired inputs; every alarm in words, with its own cure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from edge.config import GateConfig
from edge.doctor.finding import Finding
from edge.language import either, say
from edge.runtime.status import NOT_TAKEN, barrier_states, input_states
from edge.words import state_words
from relay.client import RelayClient
from relay.errors import RelayError

_BY_NUMBER = re.compile(r"/dev/tty(USB|ACM)\d+")
_LINKS = Path("/dev/serial/by-path")

_ALARMS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "board": (
        ("плата не отвечает", "the board does not answer"),
        (
            "питание и кабель платы, ключ port (ls /dev/serial/by-path), группы dialout и gpio; подробно: gate relay-test",
            "power and cable of the board, the key port, groups dialout and gpio; more: gate relay-test",
        ),
    ),
    "contact_stuck": (
        ("контакт реле не размыкается", "the relay's contact stays closed"),
        ("отключите плату от шлагбаума и замените её: контакт сварился", "take the board off and replace it: welded"),
    ),
    "contact_dead": (
        ("контакт реле не замыкается", "the relay's contact does not close"),
        ("питание катушки платы (5 или 12 В), перемычка; затем замена платы", "the coil's supply, then a new board"),
    ),
    "not_opened": (
        ("шлагбаум не открылся по команде", "the barrier did not open when told"),
        ("автомат шлагбаума, провод от реле, концевик", "the barrier's supply, the wire from the relay, limit switch"),
    ),
    "left_open": (
        ("шлагбаум не закрывается", "the barrier stays open"),
        ("петля или фотоэлемент под стрелой, помеха, концевик", "loop or photocell under the boom, limit switch"),
    ),
    "forced": (
        ("шлагбаум открыт не нами", "the barrier was opened by somebody else"),
        ("пульт, ключ или сила; если так и надо, уберите датчик положения", "a remote, a key, or force"),
    ),
    "input_deaf": (
        ("вход не слышен", "the input is not heard"),
        ("плата этого входа и её связь; ключи board и pin в [[input]]", "its board; keys board and pin in [[input]]"),
    ),
    "input_stuck": (
        ("вход залип", "the input is stuck"),
        (
            "провод замкнут, кнопка нажата, или contact в [[input]] наоборот (no/nc)",
            "a shorted wire, a pressed button, or contact in [[input]] the wrong way (no/nc)",
        ),
    ),
    NOT_TAKEN: (
        ("gate relay его не знает", "gate relay does not know it"),
        (
            "gate relay работает с прежними настройками: перезапустите службу okter-gate-relay",
            "gate relay runs with earlier settings: restart the service okter-gate-relay",
        ),
    ),
}


def alarm_words(alarm: str) -> tuple[str, str]:
    """The text of an alarm of the relay process, and its cure."""
    text, cure = _ALARMS.get(alarm, ((alarm, alarm), _ALARMS["board"][1]))
    return either(*text), either(*cure)


def barriers(config: GateConfig) -> Iterator[Finding]:
    """State of boards and barriers: from the relay process, or from the boards themselves if none runs. No pulse."""
    yield from _ports(config)
    try:
        status = RelayClient(config.state_dir).status()
    except RelayError:
        yield from _idle_barriers(config)
        return
    detail = {one.name: one.detail for one in status.barriers}
    for one in barrier_states(status, config.barriers):
        part = say("шлагбаум {name}", name=one.name)
        for alarm in one.alarms:
            said, cure = alarm_words(alarm)
            more = detail.get(one.name)
            yield Finding(part, False, f"{one.driver}: {said}" + (f" ({more})" if more else ""), cure)
        if not one.alarms:
            well = one.health == "ok"
            cure = "" if well else alarm_words("board")[1]
            yield Finding(part, well, f"{one.driver}, {state_words(one.health)}, {state_words(one.doing)}", cure)
    for item in input_states(status, config.inputs):
        part = say("вход {name}", name=item.name)
        for alarm in item.alarms:
            said, cure = alarm_words(alarm)
            yield Finding(part, False, f"{item.kind}: {said}", cure)
        if not item.alarms:
            well = item.level != "unknown"
            yield Finding(part, well, f"{item.kind}: {item.level}", "" if well else alarm_words("input_deaf")[1])


def _ports(config: GateConfig) -> Iterator[Finding]:
    """Warns of ports named by number: after a replug the number may be another board's, and the wrong barrier opens."""
    for barrier in config.barriers:
        if _BY_NUMBER.fullmatch(barrier.port):
            link = _link_to(Path(barrier.port))
            cure = say('номер меняется при переподключении; впишите port = "{link}"', link=link)
            yield Finding(say("шлагбаум {name}", name=barrier.name), False, barrier.port, cure)


def _link_to(port: Path) -> str:
    try:
        return next((str(link) for link in sorted(_LINKS.iterdir()) if link.resolve() == port.resolve()), f"{_LINKS}/…")
    except OSError:
        return f"{_LINKS}/…"


def _idle_barriers(config: GateConfig) -> Iterator[Finding]:
    part, cure = say("шлагбаумы"), alarm_words("board")[1]
    try:
        from relay.tools.commissioning import commission  # noqa: PLC0415 - `gate status` needs only the words

        results = commission(config.relay_plan(), pulse=False)
    except RelayError as error:
        yield Finding(part, False, str(error), cure)
        return
    for trial in results:
        board = f"{trial.driver} {trial.port}".rstrip()
        text = f"{board}: {state_words(trial.health)}, {state_words(trial.contact)}"
        if trial.detail:
            text += f", {trial.detail}"
        name = say("шлагбаум {barrier}", barrier=trial.barrier)
        yield Finding(name, trial.good, text, "" if trial.good else cure)
