"""A portal in this process, a small world in its database, and visitors who keep cookies and send forms."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy.orm import Session

from cloud.app import create_app
from cloud.db.engine import Database
from cloud.db.models import Account, Device, utc_now
from cloud.domain.tokens import new_token, token_hash
from cloud.pictures import BucketSettings
from cloud.settings import Settings
from cloud.telegram.settings import TelegramSettings
from cloud.web import health
from posting.reach import Network, Reach
from tests.cloud.places import PASSWORD, Place, account_in, again, place_in
from tests.patience import PATIENCE_S

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Visitor:
    """A browser without JavaScript: cookies, pages, and forms with the token of the page before."""

    def __init__(self, app: object, runner: asyncio.Runner, *, address: str = "192.0.2.1") -> None:
        self._runner = runner
        transport = httpx.ASGITransport(app=app, client=(address, 40000))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://portal.test")
        self.csrf = ""

    def request(self, method: str, path: str, **parts: object) -> httpx.Response:
        answer = self._runner.run(self.client.request(method, path, **parts))
        if found := CSRF.search(answer.text):
            self.csrf = found[1]
        return answer

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, **fields: object) -> httpx.Response:
        """Send a form as it stands on the page seen last."""
        if not self.csrf:
            self.get("/login")
        body = urlencode({"csrf": self.csrf, **fields})
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, content=body, headers=headers)

    def log_in(self, email: str, *, password: str = PASSWORD, consent: str = "1") -> httpx.Response:
        self.get("/login")
        answer = self.post("/login", email=email, password=password, consent=consent)
        self.csrf = ""
        if answer.status_code == 303:
            self.get("/territories")
        return answer

    def close(self) -> None:
        self._runner.run(self.client.aclose())


@dataclass
class World:
    """The portal under test and hands to fill its database."""

    app: object
    settings: Settings
    database: Database
    runner: asyncio.Runner
    visitors: list[Visitor] = field(default_factory=list)

    def visitor(self, **facts: str) -> Visitor:
        visitor = Visitor(self.app, self.runner, **facts)
        self.visitors.append(visitor)
        return visitor

    def as_(self, account: Account) -> Visitor:
        """A visitor who is logged in already."""
        token = new_token()
        with self.database.write() as session:
            session.add(
                Device(token_hash=token_hash(token), account_id=account.id, expires_at=utc_now() + timedelta(days=1))
            )
        visitor = self.visitor()
        visitor.client.cookies.set("okter", token)
        visitor.get("/territories")
        return visitor

    def account(self, name: str) -> Account:
        with self.database.write() as session:
            return self.account_in(session, name)

    def account_in(self, session: Session, name: str) -> Account:
        return account_in(session, name)

    def letters(self) -> list[str]:
        """The letters written so far, oldest first; the outbox has no thread here and is worked off now."""
        self.app.state.outbox.deliver_due()
        return [file.read_text(encoding="utf-8") for file in sorted((self.settings.data_dir / "mail").glob("*.eml"))]


@pytest.fixture(autouse=True)
def patient_health(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `/healthz` looks at has as long as a busy machine needs; a test of that limit sets its own."""
    monkeypatch.setattr(health, "ANSWER_S", PATIENCE_S)


@pytest.fixture
def portal_url(sqlite_url: str) -> str:
    """The portal's database; a module that wants PostgreSQL says so by a fixture of this name."""
    return sqlite_url


@pytest.fixture
def bucket() -> BucketSettings | None:
    """Where pictures are; a module that wants a bucket says so by a fixture of this name."""
    return None


@pytest.fixture
def private_receivers() -> tuple[Network, ...]:
    """Private networks that the portal may post to; a module whose receivers are on this machine says so."""
    return ()


@pytest.fixture
def telegram_bot() -> TelegramSettings | None:
    """The portal's bot; a module that wants one says so by a fixture of this name."""
    return None


@pytest.fixture
def world(
    routes_once: None,
    portal_url: str,
    private_receivers: tuple[Network, ...],
    tmp_path: Path,
    bucket: BucketSettings | None,
    telegram_bot: TelegramSettings | None,
) -> Iterator[World]:
    settings = Settings(
        tmp_path,
        portal_url,
        "http://portal.test",
        b"a secret of the tests",
        bucket=bucket,
        private_receivers=private_receivers,
        telegram=telegram_bot,
    )
    app = create_app(settings, push_reach=Reach(private_receivers))
    with asyncio.Runner() as runner:
        made = World(app, settings, app.state.database, runner)
        yield made
        for visitor in made.visitors:
            visitor.close()
    made.database.close()


@pytest.fixture
def make_place(world: World):
    """Makes a place; `tag` keeps the names of two apart."""

    def make(tag: str) -> Place:
        with world.database.write() as session:
            return again(session, tag, lambda session: place_in(session, tag))

    return make


@pytest.fixture
def place(make_place) -> Place:
    return make_place("A")
