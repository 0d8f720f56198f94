r"""Numato USB boards (CDC-ACM): text commands; relays count from 0 as printed, and from 10 on they are letters.

`relay on 0\r`, `relay read 0\r` → echo, `on` or `off`, prompt `>`. The board cannot time a pulse. Its GPIO inputs are
read by `gpio read 0\r`; 1 = high = contact open (with the pull-up).
"""

from __future__ import annotations

from collections.abc import Mapping

from core.words.language import say
from relay.boards.seam import NO_ACKNOWLEDGEMENT, Acknowledgement, Contact
from relay.boards.serial_board import SerialBoard
from relay.errors import BoardNonsense, BoardSilent

REPLY_S = 0.2
PROMPT_S = 0.01
"""Time for the rest of the reply to the previous command."""


def name_of(number: int) -> str:
    """0-9, then A, B, … in upper case."""
    return str(number) if number < 10 else chr(ord("A") + number - 10)


def answer_in(data: bytes, command: str) -> str:
    """The word between the echo of `command` and the prompt; empty if there is none.

    The echo of the previous command may arrive late, so no echo counts as an answer.
    """
    text = data.decode("ascii", "replace").replace("\r", "\n")
    words = [line.strip().removeprefix(">").strip() for line in text.split("\n")]
    answers = [word for word in words if word not in {"", ">", command} and not word.startswith(("relay ", "gpio "))]
    return answers[0].removesuffix(">").strip() if answers else ""


class NumatoBoard(SerialBoard):
    """A `relay.boards.seam.Board`."""

    @property
    def reply_s(self) -> float:
        return PROMPT_S + REPLY_S

    def open(self, channels: tuple[int, ...]) -> None:
        super().open(channels)
        for channel in channels:  # the first may have completed half a command of an earlier program, and so been lost
            self.switch(channel, on=False)

    def switch(self, channel: int, *, on: bool) -> Acknowledgement:
        self._link.send(f"relay {'on' if on else 'off'} {name_of(channel)}\r".encode())
        return NO_ACKNOWLEDGEMENT

    def contact(self, channel: int) -> Contact:
        word = self._ask(f"relay read {name_of(channel)}")
        return self._checked({"on": Contact.ON, "off": Contact.OFF}.get(word, Contact.UNKNOWN), word.encode())

    def inputs(self, numbers: tuple[int, ...]) -> Mapping[int, bool]:
        levels: dict[int, bool] = {}
        for number in numbers:
            word = self._ask(f"gpio read {name_of(number)}")
            if not word:
                raise BoardSilent(say("плата Numato не ответила о входе"))
            if word not in {"0", "1"}:
                raise BoardNonsense(say("плата Numato ответила о входе: {word!r}", word=word))
            levels[number] = word == "0"
        return levels

    def _ask(self, command: str) -> str:
        self._link.receive(lambda _: False, within_s=PROMPT_S)  # discard the prompt of the previous command
        self._link.send(f"{command}\r".encode())
        # The echo may begin with the prompt of the previous command; the answer ends with its own prompt.
        data = self._link.receive(
            lambda got: got.rstrip().endswith(b">") and answer_in(got, command) != "",
            within_s=REPLY_S,
            patient=False,
        )
        return answer_in(data, command)
