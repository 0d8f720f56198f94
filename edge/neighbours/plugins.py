"""This gate's neighbours: ours by their tables in gate.toml, plug-ins by entry points that the config names."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config import GateConfig
from edge.language import say
from edge.neighbours.delivery import Delivery
from edge.neighbours.seam import GateAccess, Neighbour, NeighbourFailed, Told

if TYPE_CHECKING:
    from edge.neighbours.telegram import Telegram
    from edge.neighbours.web_push import WebPush

GROUP = "okter_gate.neighbours"
Make = Callable[[GateConfig, GateAccess], Neighbour]
"""An entry point: makes the neighbour, quickly and without connecting."""

log = logging.getLogger(__name__)


def neighbours(config: GateConfig, access: GateAccess, *, journal_folder: Path) -> Iterator[Delivery]:
    """The delivery to each neighbour in the config; code for the others is not loaded."""
    ours: tuple[tuple[str, object, Make], ...] = (
        ("mqtt", config.mqtt.host, _mqtt),
        ("metrics", config.metrics.port, _metrics),
        ("webhook", config.webhook.url, partial(_webhook, folder=journal_folder)),
        ("events", config.events.url, partial(_events, folder=journal_folder)),
        ("telegram", config.telegram.token, _telegram),
        ("web_push", config.web_push.on, _web_push),
    )
    makers = {name: make for name, wanted, make in ours if wanted}
    installed = {point.name: point for point in entry_points(group=GROUP)} if config.neighbours.plugins else {}
    for name in config.neighbours.plugins:
        point = installed.get(name)
        if point is None:
            log.error("расширения %s нет среди установленных: %s", name, ", ".join(sorted(installed)) or "—")
        makers[name] = partial(_loaded, point)
    for name, make in makers.items():
        made: Neighbour
        try:
            made = make(config, access)
        except Exception as error:  # noqa: BLE001 - third-party code: the gate goes on without it
            log.error("расширение %s не загружено: %s", name, error)  # noqa: TRY400 - one line
            made = Absent(say("не загружено: {error}", error=error))
        yield Delivery(name, made)


def of_persons(table: str, config: GateConfig, access: GateAccess) -> Telegram | WebPush | None:
    """The neighbour of a table of notices; None where the config does not want one."""
    if table == "telegram":
        return _telegram(config, access) if config.telegram.token else None
    return _web_push(config, access) if config.web_push.on else None


class Absent:
    """`seam.Neighbour` in place of one that could not be made, so that the status tells of it."""

    def __init__(self, why: str) -> None:
        self._why = why

    def take(self, told: Told) -> None:
        """Nothing is told: there is nobody."""

    def listen(self, stop: threading.Event) -> None:  # noqa: ARG002 - the seam's
        raise NeighbourFailed(self._why)

    def close(self) -> None:
        """Nothing to close."""


def _loaded(point: EntryPoint | None, config: GateConfig, access: GateAccess) -> Neighbour:
    if point is None:
        raise NeighbourFailed(say("нет среди установленных"))
    made: Neighbour = point.load()(config, access)
    return made


def _mqtt(config: GateConfig, access: GateAccess) -> Neighbour:
    from edge.neighbours.mqtt import Mqtt  # noqa: PLC0415 - loaded when needed

    return Mqtt(config, access)


def _metrics(config: GateConfig, _house: GateAccess) -> Neighbour:
    from edge.neighbours.metrics import Metrics  # noqa: PLC0415 - loaded when needed

    return Metrics(config.metrics)


def _webhook(config: GateConfig, _house: GateAccess, *, folder: Path) -> Neighbour:
    from edge.neighbours.webhook import Webhook  # noqa: PLC0415 - loaded when needed

    return Webhook(config.webhook, folder, site=config.site.name)


def _events(config: GateConfig, _house: GateAccess, *, folder: Path) -> Neighbour:
    from edge.neighbours.events import Events  # noqa: PLC0415 - loaded when needed

    return Events(config, folder)


def _telegram(config: GateConfig, access: GateAccess) -> Telegram:
    from edge.neighbours.telegram import Telegram  # noqa: PLC0415 - loaded when needed

    return Telegram(config.telegram, access, site=config.site.name, zone=config.zone, shown=config.shown)


def _web_push(config: GateConfig, access: GateAccess) -> WebPush:
    from edge.neighbours.web_push import WebPush  # noqa: PLC0415 - loaded when needed

    return WebPush(
        config.web_push,
        access,
        state_dir=config.state_dir,
        password=config.console.password,
        site=config.site.name,
        zone=config.zone,
        shown=config.shown,
    )
