"""The webhook: signed, in order, again until taken, on from where it was after a restart."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.signed_body import signature
from edge.config.schema import GateConfig
from edge.neighbours.delivery import Delivery
from edge.neighbours.events import Events
from edge.neighbours.seam import Finished, NeighbourFailed
from edge.neighbours.settings import WebhookSettings
from edge.neighbours.webhook import CURSOR_FILE, Webhook
from edge.store.journal import Journal
from tests.cloud.test_courier import server
from tests.neighbours.conftest import Asked, Receiver
from tests.patience import until
from tests.store.records import visit_record


@contextmanager
def sending(receiver: Receiver, folder: Path) -> Iterator[Delivery]:
    settings = WebhookSettings(url=receiver.url + "/hook", secret="k", timeout_s=30.0)
    delivery = Delivery("webhook", Webhook(settings, folder, site="КПП-1", wall_s=lambda: 1000.0), rest_s=0.01)
    delivery.start()
    try:
        yield delivery
    finally:
        delivery.close(within_s=60.0)


def record(folder: Path, *numbers: int) -> None:
    with Journal(folder / "journal.db") as journal:
        for number in numbers:
            journal.record(visit_record(number))


def ids(asked: list[Asked]) -> list[str]:
    return [json.loads(one.body)["id"] for one in asked]


def of(*numbers: int) -> list[str]:
    return [visit_record(number).visit_id for number in numbers]


def started(folder: Path) -> None:
    """A cursor at the journal's end, as the first start makes it."""
    webhook = Webhook(WebhookSettings(url="http://127.0.0.1:1/", secret="k"), folder, site="")
    stop = threading.Event()
    thread = threading.Thread(target=webhook.listen, args=(stop,))
    thread.start()
    while not (folder / CURSOR_FILE).exists():
        stop.wait(0.01)
    stop.set()
    webhook.close()
    thread.join()


def test_visits_come_signed_and_in_order(receiver: Receiver, tmp_path: Path) -> None:
    """What was before the first start is nobody's news; the signature is over stamp and body."""
    record(tmp_path, 1)
    started(tmp_path)
    record(tmp_path, 2, 3)
    with sending(receiver, tmp_path):
        asked = receiver.wait(lambda asked: len(asked) >= 2)
    assert of(2, 3) == ids(asked)
    assert signature("k", "1000", asked[0].body) == asked[0].headers["X-Okter-Signature"]
    assert ("КПП-1", "A001BC77") == tuple(json.loads(asked[0].body)[name] for name in ("site", "plate"))


def test_a_receiver_that_is_ill_gets_it_again_and_after_a_restart(receiver: Receiver, tmp_path: Path) -> None:
    """500 is tried again, also by the next process; nothing is skipped and nothing sent twice once taken."""
    record(tmp_path, 1)
    started(tmp_path)
    record(tmp_path, 2)
    receiver.code = 500
    with sending(receiver, tmp_path) as delivery:
        receiver.wait(lambda asked: len(asked) >= 2)
        assert "500" in delivery.trouble or delivery.trouble == ""
    receiver.asked.clear()
    receiver.code = 204
    record(tmp_path, 3)
    with sending(receiver, tmp_path) as delivery:
        receiver.wait(lambda asked: len(asked) >= 2)
        record(tmp_path, 4)
        delivery.give(Finished(visit_record(4)))
        asked = receiver.wait(lambda asked: len(asked) >= 3)
    assert of(2, 3, 4) == ids(asked)


def test_what_is_refused_for_good_holds_up_nothing(receiver: Receiver, tmp_path: Path) -> None:
    """A 4xx is no reason to wait for ever: the next visit is sent."""
    record(tmp_path, 1)
    started(tmp_path)
    record(tmp_path, 2, 3)
    receiver.code = 422
    with sending(receiver, tmp_path):
        asked = receiver.wait(lambda asked: len(asked) >= 2)
    assert of(2, 3) == ids(asked)


@pytest.mark.parametrize("code", [401, 403, 404])
def test_who_is_not_let_in_loses_nothing(receiver: Receiver, tmp_path: Path, code: int) -> None:
    """A wrong password or address says nothing of the visit: it is told what to mend, and afterwards every visit comes."""
    record(tmp_path, 1)
    started(tmp_path)
    record(tmp_path, 2, 3)
    receiver.code = code
    with sending(receiver, tmp_path) as delivery:
        until(lambda: f"HTTP {code}: получатель не пускает" in delivery.trouble)
        receiver.asked.clear()
        receiver.code = 200
        asked = receiver.wait(lambda asked: len(asked) >= 2)
    assert of(2, 3) == list(dict.fromkeys(ids(asked)))


def test_a_fresh_journal_is_sent_from_its_beginning(receiver: Receiver, tmp_path: Path) -> None:
    """Rows of a journal that replaced a damaged one are counted anew."""
    record(tmp_path, 1, 2, 3)
    started(tmp_path)
    for file in tmp_path.glob("journal.db*"):
        file.unlink()
    record(tmp_path, 7)
    with sending(receiver, tmp_path):
        assert of(7) == ids(receiver.wait(lambda asked: len(asked) >= 1))


def test_an_unsigned_or_open_address_is_refused(config_of, tmp_path: Path) -> None:
    """Plates go over TLS, or within one's own network; a webhook without a key is none."""
    (tmp_path / "s").write_text("k")
    for url in ("http://example.com/", "ftp://x", "https://user:p@x/"):
        with pytest.raises(ConfigError, match=r"webhook\.url"):
            config_of(f'[webhook]\nurl = "{url}"\nsecret_file = "s"\n')
    with pytest.raises(ConfigError, match=r"webhook\.secret"):
        config_of('[webhook]\nurl = "https://example.com/"\n')
    assert config_of('[webhook]\nurl = "http://192.168.1.7:8123/x"\nsecret_file = "s"\n').webhook.url


@pytest.mark.parametrize("kind", ["webhook", "events"])
def test_a_receiver_that_drips_is_given_up(tmp_path: Path, config_of: Callable[[str], GateConfig], kind: str) -> None:
    """One that says a byte now and then, each in time, is no answer: the whole request has its time, and the visit comes again."""
    with Journal(tmp_path / "journal.db") as journal:
        journal.record(visit_record(1))
        (stored,) = journal.visits()
    with server(None) as port:
        url = f"http://127.0.0.1:{port}/"
        if kind == "webhook":
            webhook = Webhook(WebhookSettings(url=url, secret="k", timeout_s=0.5), tmp_path, site="")
            send = lambda: webhook._send({"id": "1"})  # noqa: E731
        else:
            config = config_of(f'[events]\nurl = "{url}"\n')
            events = Events(replace(config, events=replace(config.events, timeout_s=0.5)), tmp_path)
            send = lambda: events._send(None, stored)  # noqa: E731
        with pytest.raises(NeighbourFailed, match="ReadTimeout"):
            send()
