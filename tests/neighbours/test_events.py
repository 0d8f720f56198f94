"""Readings as a camera's events: what a receiver of such cameras gets is what we read, in order, until it is taken."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decision.record import Verdict
from core.rules.policy import Direction
from edge.config import GateConfig, load
from edge.neighbours.delivery import Delivery
from edge.neighbours.events import CURSOR_FILE, Events, event
from edge.store.journal import Journal
from edge.witnesses import hikvision
from edge.witnesses.multipart import Part, Parts, boundary_of
from tests.configs import write_config
from tests.neighbours.conftest import Asked, Receiver
from tests.store.records import instant, visit_record

EVENTS = '[events]\nurl = "{url}/ISAPI/anpr"\n{more}'


@dataclass
class Site:
    """A journal that is written, and a neighbour that posts from it."""

    folder: Path
    receiver: Receiver
    more: str = ""
    wall_s: Callable[[], float] = field(default=instant(60.0).wall.timestamp)

    def config(self) -> GateConfig:
        return load(write_config(self.folder, EVENTS.format(url=self.receiver.url, more=self.more)))

    def record(self, *numbers: int, **changes: object) -> None:
        with Journal(self.folder / "journal.db") as journal:
            for number in numbers:
                journal.record(visit_record(number, **changes))

    @contextmanager
    def posting(self) -> Iterator[Delivery]:
        """From the journal's beginning."""
        if not (self.folder / CURSOR_FILE).exists():
            (self.folder / CURSOR_FILE).write_text('{"row": 0, "visit_id": ""}')
        delivery = Delivery("events", Events(self.config(), self.folder, wall_s=self.wall_s), rest_s=0.01)
        delivery.start()
        try:
            yield delivery
        finally:
            delivery.close(within_s=60.0)


@pytest.fixture
def site(tmp_path: Path, receiver: Receiver) -> Site:
    return Site(tmp_path, receiver)


def parts_of(asked: Asked) -> list[Part]:
    """As our own receiver of cameras' events takes them apart."""
    return list(Parts(boundary_of(asked.headers["Content-Type"])).feed(asked.body))


def xml_of(asked: Asked) -> ET.Element:
    found = re.search(rb"<\?xml.*?</EventNotificationAlert>", asked.body, re.DOTALL)
    assert found is not None
    return ET.fromstring(found[0])


def text(root: ET.Element, name: str) -> str:
    found = root.find(f".//{{*}}{name}")
    assert found is not None, name
    return found.text or ""


def test_our_own_ear_for_cameras_hears_the_plate_and_its_time(site: Site) -> None:
    """Posted over HTTP as a form, read by the code that takes Hikvision's posts."""
    site.record(1)
    with site.posting():
        (asked,) = site.receiver.wait(lambda found: len(found) == 1)
    (said,) = [one for part in parts_of(asked) for one in hikvision.said_in(part)]
    assert ("A001BC77", instant(60.0).wall, True) == (said.plate, said.at, said.live)
    root = xml_of(asked)
    assert ["1", "forward", "100", "RU", "ANPR", "active"] == [
        text(root, one) for one in ("channelID", "direction", "confidenceLevel", "country", "eventType", "eventState")
    ]
    assert visit_record(1).visit_id == text(root, "UUID")


def test_visits_come_in_order_again_until_taken_and_on_after_a_restart(site: Site) -> None:
    """A recorder that is busy is asked again; one that says no to a visit is not asked for that one again."""
    codes = [503, 200, 422, 200, 200]
    site.receiver.code = 503
    site.receiver.answer = lambda _: setattr(site.receiver, "code", codes.pop(0)) or b""  # type: ignore[func-returns-value]
    site.record(1, 2, 3)
    with site.posting():
        site.receiver.wait(lambda found: len(found) == 4)
    site.record(4)
    with site.posting():
        site.receiver.wait(lambda found: len(found) == 5)
    ids = [text(xml_of(one), "UUID") for one in site.receiver.asked]
    assert [visit_record(number).visit_id for number in (1, 1, 2, 3, 4)] == ids


def test_a_visit_without_a_plate_is_no_event_of_a_plate(site: Site) -> None:
    """It is passed over; the next one comes."""
    site.record(1, plate=None, display=None)
    site.record(2)
    with site.posting():
        (asked,) = site.receiver.wait(lambda found: len(found) == 1)
    assert visit_record(2).visit_id == text(xml_of(asked), "UUID")


def test_what_is_told_late_is_marked_as_late(site: Site) -> None:
    """A recorder, or another gate, must not take a passage of an hour ago for one of now."""
    site.wall_s = lambda: instant(60.0).wall.timestamp() + 3600
    site.record(1)
    with site.posting():
        (asked,) = site.receiver.wait(lambda found: len(found) == 1)
    (said,) = [one for part in parts_of(asked) for one in hikvision.said_in(part)]
    assert not said.live


def test_the_receiver_may_want_a_password(site: Site) -> None:
    """Digest: a challenge is answered, and the password itself is never sent."""
    site.more = 'user = "admin"\npassword = "тайна слово"\n'
    original = site.receiver.answer
    heard = threading.Event()

    def answer(asked: Asked) -> bytes:
        site.receiver.code = 200 if "Authorization" in asked.headers else 401
        if site.receiver.code == 200:
            heard.set()
        return original(asked)

    site.receiver.answer = answer
    site.receiver.headers = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'}
    site.record(1)
    with site.posting():
        assert heard.wait(60)
    last = site.receiver.asked[-1]
    assert last.headers["Authorization"].startswith("Digest ")
    assert "слово".encode() not in repr(last).encode()


@given(
    plate=st.sampled_from(("A123BC77", "M916HO50", "1234AB7", "01KG123ABC")),
    title=st.text(max_size=40),
    direction=st.sampled_from((Direction.ENTRY, Direction.EXIT, None)),
    trusted=st.booleans(),
)
def test_any_visit_is_well_formed_and_says_its_plate(
    plate: str, title: str, direction: Direction | None, *, trusted: bool
) -> None:
    """Whatever the lane is called; a time that nobody vouches for is one that nobody compares with his own."""
    record = visit_record(1, plate=plate, direction=direction, clock_trusted=trusted, decision=Verdict.REFUSE)
    made = event(record, channel=1, title=title, zone=ZoneInfo("Europe/Moscow"), late=False)
    (said,) = hikvision.said_in(Part("text/xml", made))
    assert plate == said.plate
    assert (said.at is not None) is trusted
