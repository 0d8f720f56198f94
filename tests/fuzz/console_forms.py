"""The guard's page is sent requests that are nearly right: forms, their fields, addresses and headers, by four senders.

A case is text: a line with method and address, a line with one header more, and the body. It is sent by a technician and by a guard,
each with the token of their page; by a stranger without a session; and by a technician's browser whose token another site made up. Each
gets an answer below 500, and the last two change nothing.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote

from hypothesis import strategies as st

from edge.config import load
from edge.console.app import Console
from edge.console.shield import CSRF_COOKIE, SESSION_COOKIE
from edge.persons import Person, Persons, Role
from edge.runtime.control import ControlClient
from edge.store.journal import Journal
from edge.store.read_only import read_list
from posting.push_encryption import to_base64url
from relay.codec import decode_request, encode_request
from relay.fake import FakeRelay
from relay.protocol import BarrierStatus
from tests.cloud.push_service import Browser
from tests.configs import write_config
from tests.console.gates import FakeGate, Serving, waiting
from tests.fuzz.mutation import mutated
from tests.store.records import visit_record

VISIT_ID = "7c1d3f4e-0000-4000-8000-000000000001"
UUID = b"{uuid}"
"""In a body: an id that no case has used yet, as every page's form has."""
OPENING = ("/barrier/", "/visit/", "/notice/")
MORE = """
[web_push]
on = true
contact = "mailto:a@example.ru"
"""
_BROWSER = Browser()
_PUSH = (
    f"endpoint=https%3A%2F%2Fpush.example.net%2Fa&p256dh={to_base64url(_BROWSER.point)}"
    f"&auth={to_base64url(_BROWSER.auth)}"
).encode()
SEEDS = (
    b"POST /login\n\nname=%D0%98%D0%B2%D0%B0%D0%BD&password=482913",
    b"POST /logout\n\n",
    b"POST /pass/add\n\nplate=A123BC77&until=31.12.2036&note=%D0%B4%D0%BE%D0%BC+5",
    b"POST /pass/add\n\nplate=A123BC77&plate=B702CX150&until=2036-12-31T23%3A59&until=&note=a&note=b",
    b"POST /settings/key\n\nkey=policy.open_confidence&value=0.9&was=0.85",
    b"POST /settings/key\n\nkey=lane.entry.zone&value=%5B0.1%2C+0.1%2C+0.9%2C+0.1%2C+0.9%2C+0.9%5D&was=",
    b"POST /settings/key\n\nkey=lane.entry.title&value=%22%D0%92%D1%8A%D0%B5%D0%B7%D0%B4%22&was=",
    b"POST /settings/rollback\n\n",
    b"POST /barrier/entry/open\naccept: application/json\nrequest_id={uuid}&note=%D0%B2%D1%80%D0%B0%D1%87",
    b"POST /barrier/entry/hold\n\nrequest_id={uuid}&minutes=10&minutes=900&note=",
    b"POST /barrier/entry/release\n\nrequest_id={uuid}",
    b"POST /visit/v1/open\naccept: application/json\nrequest_id={uuid}&note=a",
    b"POST /notice/v1/open\n\nrequest_id={uuid}&until=99999999999",
    b"POST /notices\n\n" + _PUSH,
    b"POST /notices/kept\n\nendpoint=https%3A%2F%2Fpush.example.net%2Fa",
    b"POST /notices/off\n\nendpoint=https%3A%2F%2Fpush.example.net%2Fa",
    b"POST /aim/entry/draw\n\nzone=0.1%2C0.1%2C0.9%2C0.1%2C0.9%2C0.9&mask=",
    b"POST /aim/entry/accept?speed=20&distance=5\n\nnote=a",
    b"GET /journal?plate=%D0%B0+12&day=2026-11-29&until=2026-11-30&lane=entry&reason=pass_expired&opened=no&before=x\n\n",
    b"GET /check?plate=A123BC77\n\n",
    b"GET /pass/add?plate=A123BC77\n\n",
    b"GET /settings/key?key=policy.open_confidence\n\n",
    b"GET /settings?lang=en\n\n",
    b"GET /aim/entry?since=2026-11-29T06:00:00Z&speed=20&distance=5\n\n",
    b"GET /aim/entry/rows?since=2026-11-29T06:00:00%2B03:00&speed=1e9\n\n",
    b"GET /notice/v1?until=99999999999\n\n",
    b"GET /visit/" + VISIT_ID[:8].encode() + b"\n\n",
    b"GET /picture/2026-11-29/" + VISIT_ID.encode() + b".jpg\n\n",
    b"GET /waiting/v1/plate.jpg\n\n",
    b"GET /barrier/entry/hold\n\n",
    b"GET /done/" + VISIT_ID.encode() + b"\n\n",
    b"GET /lane/entry.jpg\norigin: http://127.0.0.1:8480\n",
    b"POST /barrier/entry/open\norigin: http://[::1]:8480\nrequest_id={uuid}",
)


ODD = (
    "", " ", "0", "-1", "1e999", "nan", "inf", "9" * 400, "\0", "\x7f", "\ufffe", "\u202e", "\u0661", "Я" * 900, "🚗", "%", "%00", "%ff", "..", "../..",
    "2026-02-30", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "0001-01-01", "9999-12-31", "24:00", "А123ВС77", "A123BC77",
    "' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "\r\nSet-Cookie: a=b", '\n[console]\nhost = "0.0.0.0"', '"', "[", "[" * 900, "[[0, 0]]", "true",
    "relay.pin", "console.password", "lane.entry.barrier", "policy.open_confidence", "store.keep_days", "{uuid}", "entry", "exit", "v1", VISIT_ID,
    "http://[", "https://a.b:99999/", "//x", "null", "token",
)  # fmt: skip
"""Values of fields, parts of addresses, and names of fields."""
HEADERS = ("", "", "", "accept: application/json", "accept: \xff", "origin: http://[", "origin: null", "origin: http://127.0.0.1:8480", "origin: http://evil.example",
           "content-type: multipart/form-data; boundary=x", "content-type: application/json", "cookie: gate_form=x; gate_session=y", "cookie: gate_lang=en",
           "referer: http://[::1", "host: evil.example", "host: [::", "accept-language: \xc3\x28")  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> bytes:
    """A right request with some of its parts replaced by odd ones, twice, or left out; now and then broken as bytes are."""
    if draw(st.integers(0, 5)) == 0:
        return draw(mutated(SEEDS))
    line, header, body = draw(st.sampled_from(SEEDS)).split(b"\n", 2)
    target, _, query = line.partition(b"?")
    odd = st.sampled_from(ODD).map(lambda text: quote(text, safe="{}").encode())
    parts = target.split(b"/")
    if len(parts) > 2 and draw(st.integers(0, 2)) == 0:
        parts[draw(st.integers(2, len(parts) - 1))] = draw(odd)
    if draw(st.integers(0, 3)) == 0:
        header = draw(st.sampled_from(HEADERS)).encode("latin-1")
    query, body = draw(_fields(query, odd)), draw(_fields(body, odd))
    return b"/".join(parts) + (b"?" + query if query else b"") + b"\n" + header + b"\n" + body


@st.composite
def _fields(draw: st.DrawFn, form: bytes, odd: st.SearchStrategy[bytes]) -> bytes:
    fields = [pair.partition(b"=")[::2] for pair in form.split(b"&") if pair]
    for at, (name, value) in enumerate(list(fields)):
        how = draw(st.integers(0, 9))
        if how < 4:
            fields[at] = (name, draw(odd))
        elif how == 4:
            fields.append((name, draw(odd)))
        elif how == 5:
            fields.insert(0, (name, draw(odd)))
        elif how == 6:
            fields[at] = (draw(odd), value)
    return b"&".join(name + b"=" + value for name, value in fields)


class CarefulRelay(FakeRelay):
    """Takes only what the relay process would take from its socket."""

    def _act(self, request):
        decode_request(encode_request(request), now=request.expires - 1.0, max_ttl_s=10.0)
        return super()._act(request)


@dataclass(frozen=True)
class Sender:
    """Who sends a case, and whether anything may come of it."""

    name: str
    session: str
    address: str
    token: str | None
    """None: one that does not belong to the cookie."""
    may: bool


class Box:
    """A page with its gate, its relay, a guard and a technician; one for all cases of a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        config = load(write_config(folder, MORE))
        self.file = config.file
        self.state = config.state_dir
        self.state.mkdir()
        persons = Persons(self.state)
        persons.put("Иван", Role.GUARD, "482913")
        persons.put("Анна", Role.TECHNICIAN, "482913")
        record = visit_record(visit_id=VISIT_ID)
        with Journal(self.state / "journal.db") as journal:
            journal.record(record, frame=journal.snapshots.write(VISIT_ID, record.first.wall, b"\xff\xd8picture"))
        self.relay = CarefulRelay()
        self.relay.barriers = (BarrierStatus("main", "simulated", "", "ok", "off", "idle", None, "pi", "unknown", 0),)
        self.gate = FakeGate()
        self.gate.config, self.gate.visits = str(self.file), (waiting(),)
        self.serving = Serving(self.state, self.gate)
        console = self.console = Console(config, gate=ControlClient(self.state), relay=self.relay)
        self.app = console.app()
        token = console._tokens.of("form")
        named = {one.name: console._sessions.new(one) for one in (self._person("Анна"), self._person("Иван"))}
        self.senders = (
            Sender("technician", named["Анна"], "127.0.0.1", token, may=True),
            Sender("guard", named["Иван"], "10.0.0.7", token, may=True),
            Sender("stranger", "", "10.0.0.9", token, may=False),
            Sender("another site", named["Анна"], "127.0.0.1", None, may=False),
        )

    def _person(self, name: str) -> Person:
        found = Persons(self.state).named(name)
        assert found is not None
        return found

    def end(self) -> None:
        self.serving.end()
        self.console.close()

    def settings(self) -> bytes:
        return self.file.read_bytes()

    def shape(self) -> tuple[object, ...]:
        """What a case could have changed: requests to the relay, settings, lists, subscriptions, acceptances."""
        files = sorted(
            (str(path), path.stat().st_size, path.stat().st_mtime_ns)
            for path in self.folder.rglob("*")
            if path.is_file() and not path.name.startswith(("journal.db", "passes.db", "push-key", "."))
        )  # fmt: skip
        lines = read_list(self.state / "passes.db").local if (self.state / "passes.db").exists() else ()
        return (len(self.relay.requests), len(self.gate.reloads), tuple(lines), *files)


@cache
def box() -> Box:
    return Box(Path(tempfile.mkdtemp(prefix="gate-fuzz-page-")))


def end() -> None:
    """After the last case: its threads would outlive the process's own means."""
    if box.cache_info().currsize:
        box().end()
        shutil.rmtree(box().folder, ignore_errors=True)
        box.cache_clear()


def console_forms(data: bytes) -> None:
    """One case, by every sender."""
    line, _, rest = data.partition(b"\n")
    header, _, body = rest.partition(b"\n")
    method, _, target = line.partition(b" ")
    verb = "POST" if method.strip().upper() == b"POST" else "GET"
    path, _, query = target.partition(b"?")
    address = quote(path or b"/", safe="/%!$&'()*+,;=:@~-._").replace("\n", "")
    if address.startswith("/live"):
        return  # it never ends
    for sender in box().senders:
        _sent(sender, verb, address, quote(query, safe="/%!$&'()*+,;=:@~-._?").encode(), header, body)


def _sent(sender: Sender, verb: str, address: str, query: bytes, header: bytes, body: bytes) -> None:
    place = box()
    token = sender.token if sender.token is not None else "0" * 64
    form = f"token={token}&".encode() + body.replace(UUID, str(uuid.uuid4()).encode())
    name, _, value = header.partition(b":")
    headers = [
        (b"host", b"127.0.0.1:8480"),
        (b"cookie", f"{SESSION_COOKIE}={sender.session}; {CSRF_COOKIE}=form".encode()),
    ]
    if name.strip().isalnum():  # what the server lets through: a name, and a value of one line
        headers.append((name.strip().lower(), value.strip().translate(None, b"\r\n\0")))
    before, settings = place.shape(), place.settings()
    status, told = asyncio.run(_answer(sender, verb, address, query, headers, form))
    case = (sender.name, verb, address, query[:200], header[:100], body[:300], status)
    assert status < 500, (case, told[:300])
    assert b"Traceback" not in told, case
    if not sender.may:
        assert before == place.shape(), case
        assert (
            status != 200
            or unquote(address).startswith(("/login", "/static/", "/manifest", "/worker"))
            or verb == "GET"
        ), case
    if sender.name != "technician":
        assert settings == place.settings(), case
    if len(place.relay.requests) > before[0]:  # type: ignore[operator]
        assert verb == "POST", case
        assert unquote(address).startswith(OPENING), case
        asked = place.relay.requests[-1][1]
        assert asked.hold_s is None or 0 < asked.hold_s <= 240 * 60, case


async def _answer(
    sender: Sender, verb: str, address: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> tuple[int, bytes]:
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": verb, "scheme": "http",
        "path": unquote(address), "raw_path": address.encode(), "query_string": query, "root_path": "", "headers": headers,
        "client": (sender.address, 50000), "server": ("127.0.0.1", 8480), "state": {},
    }  # fmt: skip
    asked = [{"type": "http.request", "body": body, "more_body": False}]
    status, told = 0, bytearray()

    async def receive():
        return asked.pop() if asked else {"type": "http.disconnect"}

    async def send(message) -> None:
        nonlocal status, told
        if message["type"] == "http.response.start":
            status = message["status"]
            for name, value in message["headers"]:
                assert b"\r" not in name + value, (name, value)
                assert b"\n" not in name + value, (name, value)
        else:
            told += message.get("body", b"")

    await box().app(scope, receive, send)
    return status, bytes(told)
