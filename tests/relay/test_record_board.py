"""`gate record-board`: one pulse, and a file with what was said that its owner can send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge.recordings.recording import read
from relay.tools.emulators import LcusEmulator

MakeRelay = Callable[..., Any]
MARKING = ("--marking", "LCUS-1", "--by", "Анна")


def test_the_conversation_is_in_the_file_and_the_likeness_is_called_one(
    relay_on: MakeRelay, lcus: LcusEmulator
) -> None:
    """One pulse, every byte of it in the file, and a pseudo-terminal is no board."""
    relay = relay_on(f'driver = "lcus"\nport = "{lcus.port}"\npulse_s = 0.2')
    file = relay.config.with_name("board.json")
    done = relay.gate("record-board", *MARKING, str(file))
    assert done.returncode == 0, done.stderr
    assert "подобие" in done.stdout
    one = read(file)
    assert ("board", True, "Анна", True) == (one.about, one.emulated, one.by, one.good)
    assert one.board is not None
    assert "→ A0 01 01 A2" in one.board.said
    assert len(lcus.on_times()) == 1
    assert lcus.port not in file.read_text(encoding="utf-8")


def test_a_board_that_does_not_answer_is_recorded_too(relay_on: MakeRelay) -> None:
    """What does not work is the most useful recording: the file is there, and the command's code says that it failed."""
    relay = relay_on('driver = "lcus"\nport = "/dev/nowhere"\npulse_s = 0.2')
    file = relay.config.with_name("board.json")
    done = relay.gate("record-board", *MARKING, str(file))
    assert done.returncode == 1
    one = read(file)
    assert not one.good
    assert one.board is not None
    assert one.board.outcome == "failed"


def test_nothing_of_the_network_is_in_the_file(relay_on: MakeRelay) -> None:
    """Of a relay on the network its address and its password stay at home, also where the words of the failure name them."""
    urls = "\n".join(f'http_{kind}_url = "http://10.99.0.1:1/relay/0?turn={kind}"' for kind in ("on", "off"))
    relay = relay_on(f'driver = "http"\n{urls}\nhttp_authorization = "Basic c2VjcmV0"\npulse_s = 0.2')
    file = relay.config.with_name("board.json")
    relay.gate("record-board", *MARKING, str(file))
    text = file.read_text(encoding="utf-8")
    assert "10.99.0.1" not in text
    assert "c2VjcmV0" not in text
    assert not read(file).emulated


def test_a_barrier_that_is_not_there_is_one_line(relay_on: MakeRelay) -> None:
    """A wrong name is refused before anything opens, and no file is written."""
    relay = relay_on('driver = "simulated"')
    file = relay.config.with_name("board.json")
    done = relay.gate("record-board", "--barrier", "nowhere", *MARKING, str(file))
    assert done.returncode == 2
    assert "--barrier" in done.stderr
    assert not file.exists()
