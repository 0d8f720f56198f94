"""The guard's page: what it shows, what it asks of the relay, and whom it lets in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from core.decision.record import Verdict
from core.decision.trace import Rule, step_of
from core.events import Reason
from core.words.outcomes import Outcome
from edge.config import load
from edge.console.app import Console
from edge.console.guard import FormTokens, Sessions, Tries, host_is_ours
from edge.persons import Person
from edge.runtime.control import ControlClient
from edge.store.journal import Journal
from relay.fake import FakeRelay
from relay.protocol import Do
from tests.configs import write_config
from tests.store.records import visit_record

VISIT = visit_record(
    plate="A123BC77",
    display="А 123 ВС 77",
    decision=Verdict.REFUSE,
    reason=Reason.PASS_EXPIRED,
    trace=(step_of(Rule.PASS_OVER, 60.0, pass_="p1", end="2025-11-21T15:00+00:00"),),
)


class Page:
    """A browser that does not follow redirects."""

    def __init__(self, app: Starlette) -> None:
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8480")
        self.cookies = self._client.cookies

    def get(self, path: str, **more) -> httpx.Response:
        return asyncio.run(self._client.get(path, **more))

    def post(self, path: str, **more) -> httpx.Response:
        return asyncio.run(self._client.post(path, **more))


@pytest.fixture
def relay() -> FakeRelay:
    return FakeRelay()


@pytest.fixture(params=[""])
def page(request: pytest.FixtureRequest, tmp_path: Path, relay: FakeRelay) -> Iterator[Page]:
    """A browser on the page of a box where `gate run` does not answer; the parameter goes into [console]."""
    config = load(write_config(tmp_path, f"[console]\n{request.param}\n", replacing=("КПП-1", "КПП <1>")))
    with Journal(config.state_dir / "journal.db") as journal:
        name = journal.snapshots.write(VISIT.visit_id, VISIT.first.wall, b"\xff\xd8picture")
        journal.record(VISIT, frame=name)
    console = Console(config, gate=ControlClient(config.state_dir), relay=relay)
    yield Page(console.app())
    console.close()


with_password = pytest.mark.parametrize("page", ['password = "s3cret"'], indirect=True)


def fields(html: str) -> dict[str, str]:
    """The hidden fields of a form."""
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', html))


def test_visits_are_shown_with_their_reasons(page: Page) -> None:
    """Plate, decision and reason in the list; the whole why card and the picture behind it."""
    home = page.get("/").text
    assert "А 123 ВС 77" in home
    assert "пропуск закончился 21.11.2025 в 18:00" in home
    assert "КПП &lt;1&gt;" in home
    assert "не видно: программа не отвечает" in home
    card = page.get(f"/visit/{VISIT.visit_id}")
    assert "Отказано: пропуск закончился 21.11.2025 в 18:00" in card.text
    assert b"\xff\xd8picture" == page.get(re.findall(r'src="(/picture/[^"]+)"', card.text)[0]).content


def test_the_barrier_by_hand_is_asked_twice_and_done_once(page: Page, relay: FakeRelay) -> None:
    """A link only asks; the form opens; the same form sent again does nothing more."""
    form = fields(page.get("/barrier/entry/open").text)
    assert [] == relay.requests
    for first in (True, False):
        answer = page.post("/barrier/entry/open", data=form)
        assert 303 == answer.status_code
        told = page.get(answer.headers["location"]).text
        assert ("команда открыть отдана" if first else "второй раз не открываем") in told
    assert [(Do.OPEN, "entry", Reason.CONSOLE)] == [(one.do, one.lane, one.reason) for _, one in relay.requests]


def test_hold_and_release(page: Page, relay: FakeRelay) -> None:
    """A hold has its minutes; a release ends it."""
    page.post("/barrier/entry/hold", data={**fields(page.get("/barrier/entry/hold").text), "minutes": "5"})
    page.post("/barrier/entry/release", data=fields(page.get("/barrier/entry/release").text))
    assert [(Do.HOLD, 300.0), (Do.RELEASE, None)] == [(one.do, one.hold_s) for _, one in relay.requests]


def test_a_refusal_is_told(page: Page, relay: FakeRelay) -> None:
    """What the relay refuses is shown as not done; an absent relay too."""
    relay.answer, relay.why = Outcome.REFUSED, "busy"
    answer = page.post("/barrier/entry/open", data=fields(page.get("/barrier/entry/open").text))
    assert "отказано: busy" in page.get(answer.headers["location"]).text
    relay.absent = True
    answer = page.post("/barrier/entry/open", data=fields(page.get("/barrier/entry/open").text))
    assert "gate relay не запущен" in page.get(answer.headers["location"]).text


def test_what_nobody_knows_is_told_as_such(page: Page, relay: FakeRelay) -> None:
    """An opening that the board did not confirm is neither a success nor a failure: somebody has to look."""
    relay.answer = Outcome.UNCONFIRMED
    answer = page.post("/barrier/entry/open", data=fields(page.get("/barrier/entry/open").text))
    assert "открылся ли шлагбаум, неизвестно" in page.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"token": "0" * 64}, 403),
        ({"token": ""}, 403),
        ({"request_id": "no uuid"}, 400),
        ({"minutes": "0"}, 400),
        ({"minutes": "nan"}, 400),
        ({"minutes": "x" * 5000}, 403),
    ],
)
def test_wrong_forms_do_nothing(page: Page, relay: FakeRelay, change: dict[str, str], status: int) -> None:
    """A foreign or broken form never reaches the relay, and whoever sent it reads that nothing was done."""
    form = {**fields(page.get("/barrier/entry/hold").text), "minutes": "5", **change}
    answer = page.post("/barrier/entry/hold", data=form)
    assert status == answer.status_code
    assert {403: "Не выполнено: страница устарела", 400: "Ничего не сделано."}[status] in answer.text
    assert [] == relay.requests


def test_a_cookie_of_another_program_keeps_nobody_out(page: Page, relay: FakeRelay) -> None:
    """Whatever else this address has set in the browser, the page works, and its own cookies count."""
    form = fields(page.get("/barrier/entry/open").text)
    kept = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    page.cookies.clear()
    strange = f"тема=ночь; {kept}; x=\xff".encode()
    assert 303 == page.post("/barrier/entry/open", data=form, headers={"cookie": strange}).status_code
    assert 1 == len(relay.requests)


def test_other_sites_are_kept_out(page: Page, relay: FakeRelay) -> None:
    """A foreign name for our address, a foreign origin, a form without our cookie."""
    form = fields(page.get("/barrier/entry/open").text)
    strange = page.get("/", headers={"host": "evil.example"})
    assert (421, True) == (strange.status_code, "откройте её по адресу коробки" in strange.text)
    assert 403 == page.post("/barrier/entry/open", data=form, headers={"origin": "http://evil.example"}).status_code
    for odd in ("http://[", "null", ""):  # an address that is none is nobody's, and no error of ours
        assert 403 == page.post("/barrier/entry/open", data=form, headers={"origin": odd}).status_code
    page.cookies.clear()
    assert 403 == page.post("/barrier/entry/open", data=form).status_code
    assert [] == relay.requests


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/visit/none", "/barrier/nowhere/open", "/barrier/entry/explode", "/lane/entry.jpg", "/lane/x.jpg",
     "/picture/%00", "/picture/2026-11-29/%00.jpg", "/picture/../../gate.toml", "/picture/%2e%2e/%2e%2e/gate.toml", "/static/../app.py"],
)  # fmt: skip
def test_what_is_not_there(page: Page, path: str) -> None:
    """An unknown page, lane or picture is 404, also one that leads out of the folder."""
    assert 404 == page.get(path).status_code


def test_every_answer_has_the_headers(page: Page) -> None:
    """No script, style or picture of another host, no frame, no guessing of types; also on refusals."""
    for answer in (page.get("/"), page.get("/nowhere"), page.get("/", headers={"host": "evil.example"})):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "nosniff" == answer.headers["x-content-type-options"]
    assert not re.search(r'(src|href)="https?:', page.get("/").text)


def test_english_on_request(page: Page) -> None:
    """The page speaks English when asked and goes on doing so."""
    assert "Last visits" in page.get("/?lang=en").text
    assert "the pass ended" in page.get("/").text
    assert "Последние проезды" in page.get("/?lang=ru").text


@with_password
def test_nobody_gets_in_without_the_password(page: Page, relay: FakeRelay) -> None:
    """Every page leads to the log-in; the right password opens, a wrong one does not."""
    for path in ("/", "/live", f"/visit/{VISIT.visit_id}", "/barrier/entry/open", "/lane/entry.jpg", "/picture/x"):
        answer = page.get(path)
        assert (303, "/login") == (answer.status_code, answer.headers["location"])
    form = fields(page.get("/login").text)
    assert 401 == page.post("/login", data={**form, "password": "guess"}).status_code
    assert 303 == page.post("/login", data={**form, "password": "s3cret"}).status_code
    assert "А 123 ВС 77" in page.get("/").text


@with_password
def test_guessing_is_slowed_down(page: Page) -> None:
    """After five wrong passwords even the right one has to wait."""
    form = fields(page.get("/login").text)
    for _ in range(5):
        assert 401 == page.post("/login", data={**form, "password": "guess"}).status_code
    assert 429 == page.post("/login", data={**form, "password": "s3cret"}).status_code


def test_sessions_end() -> None:
    """A cookie holds for 30 days, for this password, as it was signed."""
    now = [1000.0]
    sessions = Sessions("s3cret", wall=lambda: now[0])
    cookie = sessions.new()
    assert Person() == sessions.who(cookie)
    assert Sessions("other", wall=lambda: now[0]).who(cookie) is None
    assert sessions.who(cookie.replace("2", "3", 1)) is None
    assert sessions.who("") is None
    now[0] += 31 * 86400
    assert sessions.who(cookie) is None


def test_tries_are_free_again_after_the_pause() -> None:
    """The pause ends by itself, grows with each further slip, and a right password forgets the wrong ones."""
    now = [0.0]
    tries = Tries(clock=lambda: now[0])
    for _ in range(5):
        assert tries.allowed("10.0.0.5")
        tries.failed("10.0.0.5")
    assert not tries.allowed("10.0.0.5")
    now[0] += 3
    assert tries.allowed("10.0.0.5")
    tries.failed("10.0.0.5")
    now[0] += 3
    assert not tries.allowed("10.0.0.5")
    now[0] += 3
    tries.succeeded("10.0.0.5")
    tries.failed("10.0.0.5")
    assert tries.allowed("10.0.0.5")


def test_a_stranger_who_guesses_locks_nobody_else_out() -> None:
    """Neither another address, nor the guard's own browser, whoever guesses, from however many addresses."""
    tries = Tries(clock=lambda: 0.0)
    for _ in range(20):
        tries.failed("10.0.0.66")
    assert not tries.allowed("10.0.0.66")
    assert tries.allowed("10.0.0.5")
    for number in range(3000):
        tries.failed(f"10.0.{number // 250}.{number % 250}")
    assert not tries.allowed("10.9.9.9")  # all strangers together
    assert tries.allowed("10.0.0.66", known="guard")
    assert tries.allowed("127.0.0.1")
    for number in range(6):
        tries.failed(f"2001:db8::{number}")
    assert not tries.allowed("2001:db8::77")  # one network of one stranger


def test_form_tokens_belong_to_their_cookie() -> None:
    """A token of one browser does not fit another's, nor one without a cookie."""
    tokens = FormTokens()
    one, other = tokens.cookie(), tokens.cookie()
    assert tokens.fits(one, tokens.of(one))
    assert not tokens.fits(other, tokens.of(one))
    assert not tokens.fits("", tokens.of(""))


@pytest.mark.parametrize(
    ("host", "ours"),
    [("127.0.0.1:8480", True), ("192.168.1.5", True), ("[::1]:8480", True), ("localhost", True),
     ("gate.local:80", True), ("evil.example", False), ("127.0.0.1.evil.example", False), ("", False)],
)  # fmt: skip
def test_hosts(host: str, *, ours: bool) -> None:
    """Only an address or our own name: another name that leads here is somebody else's page."""
    assert ours == host_is_ours(host)
