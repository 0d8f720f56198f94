"""Persons of the page: who they are, how they get in, and that guessing brings nobody in."""

from __future__ import annotations

import asyncio
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from edge.cli import gate as command
from edge.config import load
from edge.console.app import Console
from edge.console.guard import Sessions, Tries
from edge.persons import _COST, PersonInvalid, Persons, PersonsUnread, Role
from edge.persons_place import FILE_NAME
from edge.runtime.control import ControlClient
from relay.fake import FakeRelay
from tests.configs import write_config
from tests.store.records import visit_record

PIN = "482913"


@pytest.fixture
def persons(tmp_path: Path) -> Persons:
    return Persons(tmp_path)


def test_a_secret_is_kept_as_a_hash_that_only_its_owner_reads(persons: Persons, tmp_path: Path) -> None:
    """The file names persons and roles; neither PIN nor password stands in it, and others cannot read it."""
    persons.put("Иван", Role.GUARD, PIN)
    persons.put("Анна", Role.TECHNICIAN, "длинный пароль")
    file = tmp_path / FILE_NAME
    text = file.read_text()
    assert "Иван" in text
    assert PIN not in text
    assert "пароль" not in text
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    again = Persons(tmp_path)
    assert ["Анна", "Иван"] == [one.name for one in again.all()]
    admitted = again.admitted("иван", PIN)
    assert admitted is not None
    assert Role.GUARD is admitted.role
    assert again.admitted("Иван", "482914") is None
    assert again.admitted("Пётр", PIN) is None
    assert PIN not in repr(admitted)
    assert admitted.hash not in repr(admitted)


@pytest.mark.parametrize("secret", ["", "1234", "12345", "111111", "123456", "987654", "short", "x" * 201])
def test_what_is_guessed_first_is_not_taken(persons: Persons, secret: str) -> None:
    """Too short, all one digit, or digits in a row."""
    with pytest.raises(PersonInvalid):
        persons.put("Иван", Role.GUARD, secret)
    assert not persons.wanted


@pytest.mark.parametrize("name", ["", "  ", "a:b", "x" * 41])
def test_a_name_that_a_record_could_not_carry(persons: Persons, name: str) -> None:
    """It stands in the journal as `console:NAME`."""
    with pytest.raises(PersonInvalid):
        persons.put(name, Role.GUARD, PIN)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'[{"name": 7}]', b"\xff"])
def test_a_broken_file_is_closed(tmp_path: Path, content: bytes) -> None:
    """What cannot be read lets nobody in, also not by the common password."""
    (tmp_path / FILE_NAME).write_bytes(content)
    persons = Persons(tmp_path)
    sessions = Sessions("s3cret", persons)
    assert sessions.wanted
    assert sessions.admitted("", "s3cret") is None
    assert sessions.who(Sessions("s3cret").new()) is None
    with pytest.raises(PersonsUnread):
        persons.all()


def test_a_guess_costs_memory() -> None:
    """A stolen file is guessed at with 16 MiB a try (scrypt takes 128·n·r bytes), whatever other tests hash with."""
    assert (1 << 24, 1) == (128 * _COST["n"] * _COST["r"], _COST["p"])


def test_a_session_ends_with_its_secret(persons: Persons) -> None:
    """A new PIN or a removal ends what was begun before; nobody becomes another by editing a cookie."""
    ivan = persons.put("Иван", Role.GUARD, PIN)
    anna = persons.put("Анна", Role.TECHNICIAN, "длинный пароль")
    sessions = Sessions("", persons)
    cookie = sessions.new(ivan)
    assert ivan == sessions.who(cookie)
    assert sessions.who(cookie.replace(ivan.name.encode().hex(), anna.name.encode().hex())) is None
    assert anna == sessions.who(sessions.new(anna))
    persons.put("Иван", Role.GUARD, "771305")
    assert sessions.who(cookie) is None
    persons.remove("Анна")
    assert sessions.who(sessions.new(anna)) is None


def test_guessing_at_an_account_from_everywhere_is_slow_and_locks_nobody_out() -> None:
    """From ever new addresses it waits all the same; the browser that was let in before, and the box itself, do not."""
    now = [0.0]
    tries = Tries(clock=lambda: now[0])
    tried = 0
    for number in range(2000):
        now[0] += 1.0
        address = f"10.{number // 250}.{number % 250}.1"
        if tries.allowed(address, account="Иван"):
            tries.failed(address, account="Иван")
            tried += 1
    assert tried < 25
    assert tries.allowed("10.9.9.9", known="guards browser", account="Иван")
    assert tries.allowed("127.0.0.1", account="Иван")
    assert tries.allowed("10.9.9.9", account="Анна")


class Page:
    """A browser at the page of a box with two persons."""

    def __init__(self, folder: Path, relay: FakeRelay) -> None:
        self.config = load(write_config(folder, '\n[console]\npassword = "s3cret"\n'))
        self.config.state_dir.mkdir()
        self.persons = Persons(self.config.state_dir)
        self.persons.put("Иван", Role.GUARD, PIN)
        self.persons.put("Анна", Role.TECHNICIAN, "длинный пароль")
        self.console = Console(self.config, gate=ControlClient(self.config.state_dir), relay=relay)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.console.app()), base_url="http://127.0.0.1:8480"
        )

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self.client.get(path))

    def post(self, path: str, page: str, **values: str) -> httpx.Response:
        hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', self.get(page).text))
        return asyncio.run(self.client.post(path, data={**hidden, **values}))

    def log_in(self, name: str, secret: str) -> int:
        return self.post("/login", "/login", name=name, password=secret).status_code


@pytest.fixture
def relay() -> FakeRelay:
    return FakeRelay()


@pytest.fixture
def page(tmp_path: Path, relay: FakeRelay) -> Iterator[Page]:
    made = Page(tmp_path, relay)
    yield made
    made.console.close()


def test_who_opened_is_asked_of_the_relay_by_name(page: Page, relay: FakeRelay) -> None:
    """Logged in by name; the common password is none any more; the request carries the person and the note."""
    assert 303 == page.get("/").status_code
    assert 401 == page.log_in("", "s3cret")
    assert 401 == page.log_in("Иван", "длинный пароль")
    assert 303 == page.log_in("Иван", PIN)
    assert "Иван" in page.get("/").text
    page.post("/barrier/entry/open", "/barrier/entry/open", note="скорая")
    ((_, asked),) = relay.requests
    assert ("console:Иван", "скорая") == (asked.by, asked.note)
    assert 303 == page.post("/logout", "/").status_code
    assert 303 == page.get("/").status_code


def test_a_guard_lets_in_for_today_and_a_technician_for_ever(page: Page) -> None:
    """The local list: the guard's pass ends with the day whatever the form says; the technician's when told."""
    page.log_in("Иван", PIN)
    answer = page.post("/pass/add", "/pass/add?plate=A123BC77", note="к Ивановым", until="2099-01-01")
    assert "А 123 ВС 77" in answer.text
    assert ".2099" not in answer.text
    page.post("/logout", "/")
    page.log_in("Анна", "длинный пароль")
    assert "бессрочно" in page.post("/pass/add", "/pass/add?plate=B555OO77", note="", until="").text
    assert 422 == page.post("/pass/add", "/pass/add?plate=B555OO77", until="2020-01-01").status_code
    assert 400 == page.post("/pass/add", "/pass/add?plate=B555OO77", plate="?").status_code
    held = CliRunner().invoke(command, ["passes", "list", "--json", "--config", str(page.config.file)]).output
    lines = [json.loads(line) for line in held.splitlines()]
    assert {("A123BC77", "к Ивановым (Иван)"), ("B555OO77", "(Анна)")} == {(one["plate"], one["note"]) for one in lines}


def test_persons_by_command(tmp_path: Path) -> None:
    """Added from a pipe, listed without secrets, removed; a bad PIN is one line and code 2."""
    config = write_config(tmp_path)

    def run(*arguments: str, said: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(command, ["console", "user", *arguments, "--config", str(config)], input=said)
        return result.exit_code if not isinstance(result.exception, PersonInvalid) else 2, result.output

    assert 2 == run("add", "Иван", said="1234\n")[0]
    assert 0 == run("add", "Иван", said=f"{PIN}\n")[0]
    assert 0 == run("add", "Анна", "--role", "technician", said="длинный пароль\n")[0]
    code, listed = run("list")
    assert 0 == code
    assert ["technician   Анна", "guard        Иван"] == listed.splitlines()
    assert 0 == run("remove", "Иван")[0]
    assert "Иван" not in run("list")[1]


def test_the_name_reaches_the_record() -> None:
    """A visit of long ago, without a name, is read as it was."""
    assert "" == visit_record().openings[0].by
