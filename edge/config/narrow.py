"""A narrow way to change an installed gate.toml: a process that may not write the file asks one that may (ADR 155).

The page's process asks over a Unix socket on which systemd listens. For each question systemd starts `gate config
serve-page`, under an account that owns the settings folder and nothing else. One line of JSON in each direction, about
one key of the page.
"""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from core.errors import ConfigError
from core.words.system import system_words
from edge.config.edit import roll_back, set_value, writable
from edge.config.page_keys import guard, on_page
from edge.language import say

SOCKET: Final = Path("/run/okter-gate-settings/socket")
"""The socket on which systemd listens; see systemd/okter-gate-settings.socket."""
FOLDER: Final = "settings"
"""The folder beside the link; see systemd/install.sh."""
MOST_BYTES = 16 * 1024
WITHIN_S = 20.0
"""Starting a program for the question takes a while on a Pi."""

log = logging.getLogger(__name__)


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Set `key` to `value` if it is still `expected`. Without a key: restore the previous generation."""

    key: str = ""
    value: str = ""
    expected: str = ""


class Answer(msgspec.Struct, frozen=True):
    """The new value and the one before; or what was wrong, in which case nothing was changed."""

    before: str = ""
    after: str = ""
    error: str = ""


def serve(file: Path, came: BinaryIO, goes: BinaryIO) -> None:
    """Answer the one question. Anything malformed, or about a key that is not on the page, changes nothing."""
    try:
        asked = msgspec.json.decode(came.readline(MOST_BYTES), type=Question)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        answer = Answer(error=say("это не вопрос о настройках"))
    else:
        answer = answered(file, asked)
    goes.write(msgspec.json.encode(answer) + b"\n")
    goes.flush()


def answered(file: Path, asked: Question) -> Answer:
    """Carry out a question. Either the file is changed, or `error` says why not."""
    if asked.key and not on_page(asked.key):
        return Answer(error=say("{key}: этого ключа на странице нет", key=asked.key[:80]))
    try:
        if not asked.key:
            roll_back(file, guard=guard)
            log.warning("настройки: вернулись прежние")
            return Answer()
        before, after = set_value(file, asked.key, asked.value, expected=asked.expected, guard=guard)
    except ConfigError as error:
        return Answer(error=str(error))
    log.warning("настройки: %s: %s → %s", asked.key, before, after)
    return Answer(before, after)


class PageSettings:
    """gate.toml as the page may change it: directly if the page may write the file, otherwise by the narrow way."""

    def __init__(self, file: Path, *, at: Path | None = None) -> None:
        self._file = file
        self._at = at or SOCKET

    @property
    def may_write(self) -> bool:
        return writable(self._file) or self._narrow

    def set(self, key: str, value: str, *, expected: str) -> tuple[str, str]:
        """Returns the old and the new value. Raises ConfigError and leaves the file as it was."""
        if writable(self._file):
            return set_value(self._file, key, value, expected=expected)
        answer = self._ask(Question(key, value, expected))
        return answer.before, answer.after

    def roll_back(self) -> None:
        """Swap the file with its previous generation. Raises ConfigError."""
        if writable(self._file):
            roll_back(self._file)
        else:
            self._ask(Question())

    @property
    def _narrow(self) -> bool:
        try:
            # Not if it is no link (an editor put a file there) or leads elsewhere (its owner keeps it there).
            return self._file.resolve().parent == self._file.parent.resolve() / FOLDER and self._at.is_socket()
        except OSError:
            return False

    def _ask(self, question: Question) -> Answer:
        if not self._narrow:
            raise ConfigError(f"{self._file}: " + say("сюда нельзя писать: {why}", why=say("только с коробки, с sudo")))
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(WITHIN_S)
                line.connect(str(self._at))
                line.sendall(msgspec.json.encode(question) + b"\n")
                with line.makefile("rb") as came:
                    answer = msgspec.json.decode(came.readline(MOST_BYTES), type=Answer)
        except (OSError, msgspec.MsgspecError, RecursionError) as error:
            why = system_words(error) if isinstance(error, OSError) else say("ответа нет")
            text = say("служба записи настроек не ответила ({why}): journalctl -u 'okter-gate-settings@*'", why=why)
            raise ConfigError(text) from None
        if answer.error:
            raise ConfigError(answer.error)
        return answer
