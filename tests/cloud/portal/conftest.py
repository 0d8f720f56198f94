"""A portal in this process, a small world in its database, and visitors who keep cookies and send forms."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy.orm import Session

from cloud.app import create_app
from cloud.couriers import webhooks
from cloud.couriers.reach import Network
from cloud.db.engine import Database
from cloud.db.models import Account, Device, GateEvent, Role, Scope, Territory, utc_now
from cloud.domain import accounts, api_tokens, foot_passes, invitations, passes, passwords, territories, unwelcome
from cloud.domain.gates import add as add_gate
from cloud.domain.periods import Period
from cloud.domain.tokens import new_token, token_hash
from cloud.plates import read_plate
from cloud.settings import Settings

PASSWORD = "правильный пароль 1"
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@cache
def password_hash() -> str:
    return passwords.hashed(PASSWORD)


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
        new = accounts.NewAccount(name, "+79120000000", f"{name.lower()}@example.com", password_hash())
        return accounts.create(session, new, now=utc_now())

    def letters(self) -> list[str]:
        """The letters written so far, oldest first; the outbox has no thread here and is worked off now."""
        self.app.state.outbox.deliver_due()
        return [file.read_text(encoding="utf-8") for file in sorted((self.settings.data_dir / "mail").glob("*.eml"))]


@dataclass(frozen=True)
class Place:
    """A territory with somebody in every role and something of everything."""

    territory: Territory
    manager: Account
    operator: Account
    resident: Account
    asking: Account
    ids: dict[str, str]


@pytest.fixture
def portal_url(sqlite_url: str) -> str:
    """The portal's database; a module that wants PostgreSQL says so by a fixture of this name."""
    return sqlite_url


@pytest.fixture
def private_receivers() -> tuple[Network, ...]:
    """Private networks that the portal may post to; a module whose receivers are on this machine says so."""
    return ()


@pytest.fixture
def world(portal_url: str, private_receivers: tuple[Network, ...], tmp_path: Path) -> Iterator[World]:
    secret = b"a secret of the tests"
    settings = Settings(tmp_path, portal_url, "http://portal.test", secret, private_receivers=private_receivers)
    app = create_app(settings)
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
        now = utc_now()
        with world.database.write() as session:
            people = [
                world.account_in(session, f"{role}{tag}") for role in ("manager", "operator", "resident", "asking")
            ]
            manager, operator, resident, asking = people
            place = territories.create(session, name=f"Place {tag}", zone="Europe/Moscow", account=manager, now=now)
            for account, role in ((operator, Role.OPERATOR), (resident, Role.RESIDENT)):
                row = territories.request(session, account, place, f"дом {tag}", now=now)
                territories.accept(session, row, role=role, label=f"дом {tag}", now=now)
            request = territories.request(session, asking, place, f"дом {tag}", now=now)
            wanted = passes.PassRequest(read_plate("A777AA999"), Period(None, None), False, f"дом {tag}")
            row = passes.file(session, place, wanted, owner=resident, filed_by=resident, limited=False, now=now)
            wanted = passes.PassRequest(read_plate("B666BB66"), Period(None, None), False, "", blocked=True)
            blocked = passes.file(session, place, wanted, owner=None, filed_by=manager, limited=False, now=now)
            gate = add_gate(session, place, f"gate {tag}", now=now)
            gate.token_hash, gate.lanes = token_hash(f"device {tag}"), [{"name": "entry", "direction": "entry"}]
            gate.last_seen_at = now
            event = GateEvent(
                gate_id=gate.id, territory_id=place.id, event_id=f"{tag:0>36}", at=now, lane="entry",
                plate="A777AA999", decision="open", reason="pass_valid", pass_id=row.id, object_label=f"дом {tag}",
            )  # fmt: skip
            session.add(event)
            session.flush()
            offer = invitations.Offer(Period(now, now + timedelta(days=1)), True, "")
            invitation, _ = invitations.invite(session, place, resident, offer, now=now)
            unwelcome.declare(session, place, resident, read_plate("H404HH77"), "", now=now)
            unwanted = unwelcome.of(session, place, resident)[0]
            key, _ = api_tokens.issue(session, place, "intercom", {Scope.PASSES}, by=manager, now=now)
            hook = webhooks.add(session, place, "https://example.ru/okter", by=manager, now=now)
            on_foot = foot_passes.Wanted(
                "Peter, Anna", 2, Period(now - timedelta(hours=1), now + timedelta(days=1)), ""
            )
            walking = foot_passes.file(session, place, on_foot, owner=resident, label=f"дом {tag}", now=now)
            member = territories.membership(session, resident, place)
            ids = {
                "code": place.code,
                "pass_id": row.id,
                "blocked_id": blocked.id,
                "gate_id": str(gate.id),
                "event_id": str(event.id),
                "member_id": str(member.id),
                "request_id": str(request.id),
                "invitation_id": str(invitation.id),
                "unwelcome_id": str(unwanted.id),
                "token_id": str(key.id),
                "webhook_id": str(hook.id),
                "foot_id": str(walking.id),
                "kind": "open",
            }
        return Place(place, *people, ids)

    return make


@pytest.fixture
def place(make_place) -> Place:
    return make_place("A")
