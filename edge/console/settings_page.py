"""Settings on the page, for a technician: one key at a time, by the same code as `gate config set` (ADR 109, 119).

Only keys that govern how the gate sees and decides are here, and the quiet hours. Whatever opens access (addresses, ports, secrets,
boards, plug-ins, chats) is left to the command line: the page's password must not be enough to gain the box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from camera.settings import CameraSettings
from core.errors import ConfigError
from core.rules.policy import Policy
from core.words.requesters import CONSOLE, requester
from edge.config import GateConfig
from edge.config.choice import CHOOSABLE
from edge.config.describe import toml
from edge.config.edit import generations, text_of, value_in
from edge.config.keys import Key, keys_of
from edge.config.live import LIVE_VIEW, NOTICES, is_live, restarts
from edge.config.narrow import PageSettings
from edge.config.settings import LaneSettings, SiteSettings
from edge.config.text import read_text
from edge.console.pages import Pages
from edge.language import say
from edge.neighbours.settings import TelegramSettings, WebPushSettings
from edge.persons import Role
from edge.rule_words import note_of, strength
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.status import GateStatus
from edge.store.settings import StoreSettings

MOST_VALUE = 400


@dataclass(frozen=True, slots=True)
class Row:
    """One key as the page shows it."""

    name: str
    """As `gate config set` takes it."""
    help: str
    allowed: str
    default: str
    value: str
    """As written in the file; empty if the key is not there."""
    live: bool
    restarts: str
    note: str = ""
    """For a rule that the portal may choose too: what is in force at the running gate."""

    @property
    def shown(self) -> str:
        return self.value or self.default

    @property
    def key(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """A previous generation: when it was written, and which of the page's keys were different."""

    number: int
    written: str
    differs: tuple[tuple[str, str, str], ...]
    """Key, value then, value now."""


class SettingsPage:
    """Handlers of `/settings`."""

    def __init__(self, config: GateConfig, pages: Pages, gate: ControlClient) -> None:
        self._config = config
        self._pages = pages
        self._gate = gate
        self._settings = PageSettings(config.file)

    def show(self, request: Request) -> Response:
        _technician(request)
        return self._shown(request)

    def form(self, request: Request) -> Response:
        _technician(request)
        row = self._row(request.query_params.get("key", ""))
        return self._pages.page(
            request, "setting.html", row=_noted(row, self._status()), typed=row.shown, error="", **self._file()
        )

    def save(self, request: Request) -> Response:
        """Save one key. An invalid value is reported and nothing is written."""
        _technician(request)
        form = request.state.form
        row, typed = self._row(form.get("key", "")), form.get("value", "")[:MOST_VALUE]
        try:
            before, after = self._settings.set(row.name, typed, expected=form.get("was", ""))
        except ConfigError as error:
            return self._pages.page(
                request,
                "setting.html",
                row=_noted(row, self._status()),
                typed=typed,
                error=str(error),
                status_code=422,
                **self._file(),
            )
        if before == after:
            return self._shown(request, told=say("{key} = {value}: так и было", key=row.name, value=after))
        changed = f"{row.name}: {before or row.default} → {after}. "
        return self._shown(request, told=changed + self._taken(request, row.name))

    def back(self, request: Request) -> Response:
        """Swap the file with its previous generation."""
        _technician(request)
        try:
            self._settings.roll_back()
        except ConfigError as error:
            return self._shown(request, error=str(error))
        return self._shown(request, told=say("Прежние настройки вернулись. ") + self._taken(request, ""))

    def _taken(self, request: Request, name: str) -> str:
        """What the running gate has applied of the file."""
        by = requester(CONSOLE, request.state.person.name)
        waits = "systemctl restart " + " ".join(restarts(name))
        try:
            if Path(self._gate.status().config) != self._config.file:
                return say("Шлюз работает по другому файлу; этот подействует, когда его запустят.")
            found = self._gate.reload(by)
        except GateAbsent:
            return say("gate run не отвечает: подействует, когда он запустится.")
        if found.error:
            return say("Шлюз не взял файл и работает по-прежнему: {error}", error=found.error)
        if name in found.live or (found.live and not found.restart):
            return say("Уже действует.")
        return say("Подействует после перезапуска: {commands}", commands=waits)

    def _shown(self, request: Request, *, told: str = "", error: str = "") -> Response:
        try:
            status = self._status()
            groups = tuple(
                Group(group.title, tuple(_noted(row, status) for row in group.rows))
                for group in _groups(self._config, read_text(self._config.file))
            )
            before = tuple(self._before())
        except ConfigError as broken:  # the file was edited by hand: the gate runs on with what it has
            groups, before, error = (), tuple(self._before_unread()), str(broken)
        return self._pages.page(
            request,
            "settings.html",
            groups=groups,
            before=before,
            told=told,
            error=error,
            status_code=422 if error else 200,
            **self._file(),
        )

    def _status(self) -> GateStatus | None:
        """Of the running gate; None if unknown."""
        try:
            return self._gate.status()
        except GateAbsent:
            return None

    def _file(self) -> dict[str, Any]:
        return {"file": str(self._config.file), "may_write": self._settings.may_write}

    def _row(self, name: str) -> Row:
        try:
            rows = [row for group in _groups(self._config, read_text(self._config.file)) for row in group.rows]
        except ConfigError:
            raise HTTPException(404) from None
        found = next((row for row in rows if row.name == name), None)
        if found is None:
            raise HTTPException(404)
        return found

    def _before(self) -> Iterator[Before]:
        now = {
            row.name: row.shown for group in _groups(self._config, read_text(self._config.file)) for row in group.rows
        }
        for number, written in generations(self._config.file):
            then = {
                row.name: row.shown
                for group in _groups(self._config, text_of(self._config.file, number))
                for row in group.rows
            }
            differs = tuple((name, then[name], value) for name, value in now.items() if then[name] != value)
            yield Before(number, f"{written.astimezone(self._config.zone):%d.%m.%Y %H:%M}", differs)

    def _before_unread(self) -> Iterator[Before]:
        for number, written in generations(self._config.file):
            yield Before(number, f"{written.astimezone(self._config.zone):%d.%m.%Y %H:%M}", ())


def _noted(row: Row, status: GateStatus | None) -> Row:
    """Add what is in force at the running gate, where the file alone does not say it.

    The portal may choose some rules too: then an empty key does not mean the default. Quiet hours mean nothing where
    nobody is told.
    """
    table = row.name.partition(".")[0]
    if table in NOTICES and status is not None and table not in {one.name for one in status.neighbours}:
        return replace(row, note=say("Эти уведомления сейчас выключены."))
    if row.name not in CHOOSABLE:
        return row
    rules = None if status is None else status.rules
    held = note_of(row.name, rules) if rules is not None else say("Что действует сейчас, неизвестно.")
    return replace(row, note=f"{held} {strength()}")


def _technician(request: Request) -> None:
    if request.state.person.role is not Role.TECHNICIAN:
        raise HTTPException(403, say("Настройки меняет техник."))


def _groups(config: GateConfig, text: str) -> Iterator[Group]:
    policy, camera, store = keys_of(Policy), keys_of(CameraSettings), keys_of(StoreSettings)
    yield Group(say("Когда открывать"), tuple(_row(f"policy.{name}", key, text) for name, key in policy.items()))
    for lane in config.lanes:
        if "." in lane.name:
            continue
        own = keys_of(LaneSettings)
        rows = [_row(f"lane.{lane.name}.{name}", own[name], text) for name in ("title", "approach")]
        rows += [_row(f"lane.{lane.name}.{name}", camera[name], text, _of_all(name, text)) for name in LIVE_VIEW]
        yield Group(say("Проезд {lane}", lane=lane.shown), tuple(rows))
    quiet = {"telegram": keys_of(TelegramSettings)["quiet"], "web_push": keys_of(WebPushSettings)["quiet"]}
    by = {"telegram": "Telegram", "web_push": say("Браузеры телефонов")}
    rows_of_notices = tuple(_named(_row(f"{table}.quiet", key, text), by[table]) for table, key in quiet.items())
    yield Group(say("Тихие часы уведомлений"), rows_of_notices)
    name = _row("site.name", keys_of(SiteSettings)["name"], text)
    yield Group(say("Имя и хранение"), (name, *(_row(f"store.{one}", key, text) for one, key in store.items())))


def _named(row: Row, by: str) -> Row:
    """The row, saying which notices it is about: the keys are alike but for their tables."""
    return replace(row, help=f"{by}: {row.help}")


def _of_all(name: str, text: str) -> str:
    """The value that [camera] sets for every lane."""
    return value_in(text, f"camera.{name}")


def _row(name: str, key: Key, text: str, otherwise: str = "") -> Row:
    default = otherwise or toml(key.default)
    waits = "systemctl restart " + " ".join(restarts(name))
    return Row(name, key.help, key.allowed, default, value_in(text, name), is_live(name), waits)
