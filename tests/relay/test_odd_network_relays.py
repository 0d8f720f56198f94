"""A relay on the network, or a port, that is not what the settings say."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from relay.boards import lcus
from relay.boards.http import HttpBoard
from relay.boards.seam import Contact, Transcript
from relay.boards.serial_link import SerialLink
from relay.errors import BoardLost, BoardMisset, BoardNonsense, BoardRefused, BoardSilent
from relay.settings import BarrierSettings


class Device:
    """Answers every request with one status, and remembers what came."""

    def __init__(self, status: int) -> None:
        self.heard: list[tuple[str, str | None]] = []
        device = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                device.heard.append((self.path, self.headers.get("Authorization")))
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"on")

            def log_message(self, *_: object) -> None:
                return

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def device(status: int = 200) -> Iterator[tuple[Device, HttpBoard, BarrierSettings]]:
    made = Device(status)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    settings = BarrierSettings(
        name="net", driver="http", http_off_url=f"{made.url}/off", http_on_url=f"{made.url}/on",
        http_authorization="Bearer geheim",
    )  # fmt: skip
    try:
        yield made, HttpBoard(settings, transcript=Transcript()), settings
    finally:
        made.server.shutdown()
        thread.join(60)
        made.server.server_close()


def test_the_password_goes_to_the_device_and_nowhere_else() -> None:
    """Every request has the header, and what is kept of the conversation has not."""
    with device() as (made, _, settings):
        transcript = Transcript()
        HttpBoard(settings, transcript=transcript).switch(settings.channel, on=True)
    assert [("/on", "Bearer geheim")] == made.heard
    assert "geheim" not in "".join(str(one) for one in transcript.since(0.0))


@pytest.mark.parametrize(("status", "kind"), [(404, BoardRefused), (401, BoardRefused), (503, BoardNonsense)])
def test_what_a_status_says_of_the_relay(status: int, kind: type[Exception]) -> None:
    """A refusal says that it did not move; an error of the server says nothing, and is told as unconfirmed."""
    with device(status) as (_, board, settings):
        if kind is BoardRefused:
            with pytest.raises(BoardRefused, match=str(status)):
                board.switch(settings.channel, on=True)
            return
        answer = board.switch(settings.channel, on=True)
    assert answer.heard is False
    assert isinstance(answer.trouble, BoardNonsense)


def test_a_device_without_the_address_for_it_is_a_wrong_setting() -> None:
    """It times its own pulses and cannot be switched on for a hold: said so, with the key."""
    with device() as (_, _, settings):
        board = HttpBoard(replace(settings, http_on_url=""), transcript=Transcript())
        with pytest.raises(BoardMisset, match="http_on_url"):
            board.switch(settings.channel, on=True)


def test_a_device_that_does_not_tell_its_state_is_unknown() -> None:
    """No address for it, another relay's number: unknown, never open."""
    with device() as (made, board, settings):
        assert board.contact(settings.channel) is Contact.UNKNOWN
        telling = replace(settings, http_state_url=f"{made.url}/state", http_state_on="on", http_state_off="off")
        told = HttpBoard(telling, transcript=Transcript())
        assert told.contact(settings.channel) is Contact.ON
        assert told.contact(settings.channel + 1) is Contact.UNKNOWN


def test_a_device_on_the_network_has_no_inputs() -> None:
    """Whoever wires a button to it is told."""
    with device() as (_, board, _), pytest.raises(BoardSilent):
        board.inputs((1,))


def link(path: str) -> SerialLink:
    return SerialLink(path, baud=9600, transcript=Transcript(), wanted=lambda: False)


@pytest.mark.parametrize(
    ("path", "why"), [("/dev/serial/by-path/nowhere", "такого порта нет"), ("/dev/null", "не открывается|не послед")]
)
def test_a_port_that_is_none_says_what_to_look_for(path: str, why: str) -> None:
    """A path that is not there, and something that is no serial port, each with its own words."""
    with pytest.raises(BoardLost, match=why):
        link(path).open()


def test_a_file_is_no_port(tmp_path: Path) -> None:
    """A slip in the path that hits a file is told as that."""
    file = tmp_path / "port"
    file.write_text("x")
    with pytest.raises(BoardLost, match="не последовательный порт"):
        link(str(file)).open()


def test_a_closed_port_takes_nothing() -> None:
    """Nothing is sent into a port that was let go, and letting go twice is harmless."""
    closed = link("/dev/serial/by-path/nowhere")
    closed.close()
    closed.abandon()
    with pytest.raises(BoardLost, match="порт закрыт"):
        closed.send(b"x")


@pytest.mark.parametrize("data", [b"\xa0\x01\x01\xa3", b"\xa0\x02\x01\xa3", b"\xa0\x01\x02\xa3", b"\xa0\x01\x01"])
def test_a_damaged_state_is_unknown(data: bytes) -> None:
    """A wrong sum, another relay, a value that is none, half a frame: never open, never closed."""
    assert lcus.parse_op05(data, 1) is Contact.UNKNOWN
