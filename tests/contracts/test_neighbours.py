"""What every neighbour does, ours and the example alike; others run this suite over their own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from core.rules.policy import Direction
from edge.config import load
from edge.neighbours import example, plugins
from edge.neighbours.events import Events
from edge.neighbours.fake import FakeGateAccess
from edge.neighbours.metrics import Metrics
from edge.neighbours.mqtt import Mqtt
from edge.neighbours.seam import Finished, Neighbour, NeighbourFailed, StatusNow, Waiting
from edge.neighbours.settings import MetricsSettings, TelegramSettings, WebhookSettings, WebPushSettings
from edge.neighbours.subscriptions import Subscription, Subscriptions, mark_of
from edge.neighbours.telegram import Telegram
from edge.neighbours.web_push import WebPush
from edge.neighbours.webhook import Webhook
from edge.persons import Persons
from posting.push_encryption import to_base64url
from tests.cloud.push_service import Browser
from tests.configs import write_config
from tests.neighbours.conftest import LOST, STATUS
from tests.store.records import visit_record

NEWS = (
    StatusNow(STATUS), Waiting("v1", "entry", Direction.ENTRY, "", "unreadable"), Finished(visit_record()),
    Finished(visit_record(lane="", plate=None, display=None, masked=None, direction=None)), StatusNow(LOST),
)  # fmt: skip
NOBODY = "http://127.0.0.1:9"


def subscribed(folder: Path) -> Path:
    """A state folder with one browser whose push service is away."""
    browser = Browser()
    keys = (to_base64url(browser.point), to_base64url(browser.auth))
    mark = mark_of(Persons(folder / "state"), "", "")
    Subscriptions(folder / "state").put(Subscription(NOBODY, *keys, mark=mark))
    return folder / "state"


MAKERS: dict[str, Callable[[Path, FakeGateAccess], Neighbour]] = {
    "events": lambda folder, _house: Events(load(write_config(folder, f'[events]\nurl = "{NOBODY}"\n')), folder),
    "example": lambda folder, access: example.make(load(write_config(folder)), access),
    "metrics": lambda _folder, _house: Metrics(MetricsSettings(port=0)),
    "mqtt": lambda folder, access: Mqtt(load(write_config(folder, '[mqtt]\nhost = "127.0.0.1"\nport = 9\n')), access),
    "telegram": lambda folder, access: Telegram(
        TelegramSettings(token="t", chats=(1,), api=NOBODY), access, site="x", zone=load(write_config(folder)).zone
    ),
    "web_push": lambda folder, access: WebPush(
        WebPushSettings(on=True, contact="mailto:a@example.ru"),
        access,
        state_dir=subscribed(folder),
        password="",
        site="x",
        zone=load(write_config(folder)).zone,
    ),
    "webhook": lambda folder, _house: Webhook(WebhookSettings(url=NOBODY, secret="s"), folder, site="x"),
}


@pytest.fixture(params=sorted(MAKERS))
def neighbour(request: pytest.FixtureRequest, tmp_path: Path) -> Neighbour:
    (tmp_path / "state").mkdir()
    return MAKERS[request.param](tmp_path, FakeGateAccess())


def test_any_news_is_taken_or_refused_by_an_error_of_its_kind(neighbour: Neighbour) -> None:
    """Nobody at the other end, no lane, no plate: news is taken, or NeighbourFailed or OSError is raised."""
    for told in NEWS:
        try:
            neighbour.take(told)
        except (NeighbourFailed, OSError):
            continue
    neighbour.close()


def test_listening_ends_when_it_is_told_to(neighbour: Neighbour) -> None:
    """Told to stop before it began, it returns or says what is wrong."""
    stop = threading.Event()
    stop.set()
    with contextlib.suppress(NeighbourFailed, OSError):
        neighbour.listen(stop)
    neighbour.close()
    neighbour.close()


def test_a_plug_in_is_loaded_only_when_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package alone does nothing; one that is missing or broken costs nobody else."""
    package = tmp_path / "plug"
    (package / "lines-1.dist-info").mkdir(parents=True)
    (package / "lines-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: lines\nVersion: 1\n")
    (package / "lines-1.dist-info" / "entry_points.txt").write_text(
        f"[{plugins.GROUP}]\nlines = edge.neighbours.example:make\nbroken = no.such.module:make\n"
    )
    monkeypatch.syspath_prepend(str(package))
    access = FakeGateAccess()
    quiet = load(write_config(tmp_path))
    assert [] == list(plugins.neighbours(quiet, access, journal_folder=tmp_path))
    named = load(write_config(tmp_path, '[neighbours]\nplugins = ["broken", "missing", "lines"]\n'))
    made = {one.name: one for one in plugins.neighbours(named, access, journal_folder=tmp_path)}
    assert {"broken", "missing", "lines"} == set(made)
    assert {"broken", "missing"} == {name for name, one in made.items() if isinstance(one._neighbour, plugins.Absent)}


def test_the_example_is_short() -> None:
    """Fifty lines are enough for a neighbour."""
    assert len(Path(example.__file__).read_text(encoding="utf-8").splitlines()) <= 50
