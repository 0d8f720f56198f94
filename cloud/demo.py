"""A small demo portal: a territory with a manager, a guard and a resident, and a pass filed through its pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from cloud.db.engine import Database, database_url
from cloud.db.migrate import migrate
from cloud.db.models import Account, Role, utc_now
from cloud.domain import accounts, gates, passwords, territories

PASSWORD = "okter demo"  # for the demo only, shown to whoever starts it
MANAGER, OPERATOR, RESIDENT = "manager@example.com", "guard@example.com", "resident@example.com"
TERRITORY = "СНТ «Ромашка»"
OBJECT = "Участок 632 и 633 (дом 148)"
TIMEOUT_S = 20.0
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class DemoFailed(RuntimeError):
    """The portal gave an unexpected answer. The message is one line."""


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """What a visitor needs to look around, and what a gate needs to enrol."""

    code: str
    pairing_code: str
    manager: str = MANAGER
    operator: str = OPERATOR
    resident: str = RESIDENT
    password: str = PASSWORD


def make_place(data_dir: Path) -> DemoPlace:
    """Fills the empty SQLite portal in `data_dir`. No server may be running yet."""
    data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(database_url(data_dir, None))
    password_hash, now = passwords.hashed(PASSWORD), utc_now()
    try:
        migrate(database.engine)
        with database.write() as session:

            def account(name: str, email: str) -> Account:
                new = accounts.NewAccount(name, "+79120000000", email, password_hash)
                return accounts.create(session, new, now=now)

            manager = account("Соколова Анна", MANAGER)
            territory = territories.create(session, name=TERRITORY, zone="Europe/Moscow", account=manager, now=now)
            for name, email, role, label in (
                ("Петров Олег", OPERATOR, Role.OPERATOR, "КПП-1"),
                ("Иванов Иван", RESIDENT, Role.RESIDENT, OBJECT),
            ):
                row = territories.request(session, account(name, email), territory, label, now=now)
                territories.accept(session, row, role=role, label=label, now=now)
            gate = gates.add(session, territory, "КПП-1", now=now)
            return DemoPlace(territory.code, gates.new_code(session, gate, by=manager, now=now))
    finally:
        database.close()


def file_pass(url: str, place: DemoPlace, plate: str) -> None:
    """Files a pass for 30 days as the resident would: log in, «Добавить новую заявку», «Добавить». Raises DemoFailed."""
    last = (utc_now() + timedelta(days=30)).date().isoformat()
    with httpx.Client(base_url=url, timeout=TIMEOUT_S) as browser:
        _send(browser, "/login", {"email": place.resident, "password": place.password, "consent": "1"})
        _send(browser, f"/t/{place.code}/passes/new", {"plate": plate, "valid_until": last})


def _send(browser: httpx.Client, path: str, fields: dict[str, str]) -> None:
    page = browser.get(path)
    token = _CSRF.search(page.text)
    if page.status_code != httpx.codes.OK or token is None:
        raise DemoFailed(f"{page.url}: {page.status_code}")
    answer = browser.post(path, data={"csrf": token[1], **fields})
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise DemoFailed(f"{answer.url}: {answer.status_code}")
