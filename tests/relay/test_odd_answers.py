"""What a client makes of a relay process that answers otherwise than it should."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.words.outcomes import Outcome
from core.words.reasons import Reason
from relay.client import MAX_MESSAGE_BYTES, RelayClient
from relay.codec import encode
from relay.errors import ProtocolBroken, RelayAbsent, RelayTimeout
from relay.protocol import Reply
from relay.socket import endpoint

REFUSED = encode(Reply("x", Outcome.REFUSED, "too_many_clients", "слишком много соединений"))


@contextmanager
def relay_that_says(folder: Path, said: bytes, *, hangs: bool = False) -> Iterator[RelayClient]:
    """One connection gets these bytes, then the end, or silence."""
    over = threading.Event()
    with endpoint.listen(folder, mode=0o600, backlog=4) as door:
        door.setblocking(True)

        def serve() -> None:
            link, _ = door.accept()
            with link:
                with contextlib.suppress(BrokenPipeError):  # the client may have had enough
                    link.sendall(said)
                if hangs:
                    over.wait(60)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield RelayClient(folder, timeout_s=0.3 if hangs else 30)
        over.set()
        thread.join(60)


def test_a_refusal_in_place_of_the_status_is_told(tmp_path: Path) -> None:
    """The relay process may say that it has too many clients: its own words come through."""
    with relay_that_says(tmp_path, REFUSED) as client, pytest.raises(ProtocolBroken, match="слишком много"):
        client.status()


def test_a_status_in_place_of_a_reply_is_no_answer(tmp_path: Path) -> None:
    """What was not asked for opens nothing and is no success."""
    status = b'{"status":{"barriers":[],"inputs":[],"relay":"x"}}\n'
    with relay_that_says(tmp_path, status) as client, pytest.raises(ProtocolBroken):
        client.open(lane="entry", reason=Reason.CONSOLE)


def test_a_line_without_end_is_cut_off(tmp_path: Path) -> None:
    """Memory is not for a stranger to fill."""
    with relay_that_says(tmp_path, b"x" * (MAX_MESSAGE_BYTES + 70_000)) as client, pytest.raises(ProtocolBroken):
        client.status()


def test_a_relay_that_hangs_up_is_absent(tmp_path: Path) -> None:
    """The end before an answer is no answer."""
    with relay_that_says(tmp_path, b"") as client, pytest.raises(RelayAbsent):
        client.status()


def test_a_relay_that_is_silent_leaves_it_unknown(tmp_path: Path) -> None:
    """No answer in time says that nobody knows whether it was done."""
    with relay_that_says(tmp_path, b"", hangs=True) as client, pytest.raises(RelayTimeout, match="неизвестно"):
        client.open(lane="entry", reason=Reason.CONSOLE)


def test_a_subscriber_that_is_turned_away_hears_it(tmp_path: Path) -> None:
    """A refusal on the line of events ends the subscription with the relay's own words."""
    with (
        relay_that_says(tmp_path, REFUSED) as client,
        client.subscribe(after=0) as events,
        pytest.raises(RelayAbsent, match="слишком много"),
    ):
        events.next(30)
