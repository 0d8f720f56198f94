"""Telegram's Bot API as used by portal and gate: the content of updates, and one bounded request.

https://core.telegram.org/bots/api. The token is part of the URL of every request, so no URL is ever shown: errors contain
only the outcome, and requests go to httpx's transport directly, because httpx's client logs every URL.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import msgspec

from posting.bounded import run
from posting.post import LATER, LONGEST_WAIT_S, AskAgain, Gone, NotLetIn, NotTaken, Refused, wait_of
from posting.trust import authorities

TELEGRAM = "https://api.telegram.org"
WHOLE_S = 15.0
"""Timeout for a whole request, so that a server sending a byte now and then is cut off too."""
MOST_UPDATES = 10
"""Most updates in one answer; the rest comes with the next."""
MOST_ANSWER_BYTES = 2 * 1024 * 1024
"""Ten of the longest updates take two thirds of it: 4096 characters and the text they reply to, both escaped like
\\ud83d\\ude00, with their formatting.

A longer answer would be requested again and again, and no later update would ever arrive.
"""
ESCAPES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""Matches an escaped backslash, a surrogate pair, or (in the group) half a pair."""
NOBODY = ("chat not found", "user not found", "peer_id_invalid")
"""Texts of a 400 for a chat that no longer exists, in lower case."""
Read = TypeVar("Read")


class Chat(msgspec.Struct, frozen=True):
    id: int
    type: str = ""


class Sender(msgspec.Struct, frozen=True):
    id: int
    first_name: str = ""
    username: str = ""
    language_code: str = ""


class Shown(msgspec.Struct, frozen=True):
    """The bot's own message whose button somebody pressed."""

    message_id: int
    chat: Chat


class Pressed(msgspec.Struct, frozen=True):
    id: str
    from_: Sender = msgspec.field(name="from")
    message: Shown | None = None
    data: str = ""


class Said(msgspec.Struct, frozen=True):
    """A message that somebody wrote."""

    chat: Chat
    from_: Sender | None = msgspec.field(name="from", default=None)
    text: str = ""


class Member(msgspec.Struct, frozen=True):
    status: str = ""


class Membership(msgspec.Struct, frozen=True):
    """The bot's new status in a chat; `kicked` in a private chat means that the person has blocked it."""

    chat: Chat
    new_chat_member: Member


class Update(msgspec.Struct, frozen=True):
    """One update; for kinds that were not requested only its id is known."""

    update_id: int
    message: Said | None = None
    callback_query: Pressed | None = None
    my_chat_member: Membership | None = None


class _Numbered(msgspec.Struct, frozen=True):
    update_id: int


class _Updates(msgspec.Struct, frozen=True):
    result: tuple[msgspec.Raw, ...] = ()


class _Parameters(msgspec.Struct, frozen=True):
    retry_after: float = 0.0


class _Answer(msgspec.Struct, frozen=True):
    ok: bool = False
    description: str = ""
    parameters: _Parameters = _Parameters()


class _Bot(msgspec.Struct, frozen=True):
    result: Sender


def read_updates(body: bytes) -> tuple[Update, ...]:
    """The updates in an answer to `getUpdates`. Raises ValueError if it is not such an answer.

    An unreadable update keeps its id; otherwise it would be requested for ever, and no later update would arrive.
    """
    return tuple(_update(raw) for raw in _decoded(body, _Updates).result)


def _update(raw: msgspec.Raw) -> Update:
    try:
        return msgspec.json.decode(raw, type=Update)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Update(_decoded(bytes(raw), _Numbered).update_id)


def sound(body: bytes) -> bytes:
    """Replace invalid characters in JSON: half a surrogate pair, or bytes that are not UTF-8, become U+FFFD.

    Otherwise a name cut in the middle of a pair would make the whole answer unreadable, and it would come again for ever.
    """
    if not body.isascii():
        body = body.decode("utf-8", "replace").encode()
    return ESCAPES.sub(lambda found: b"\\ufffd" if found[1] else found[0], body)


def _decoded(body: bytes, kind: type[Read]) -> Read:
    try:
        return msgspec.json.decode(sound(body), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # RecursionError: deeply nested brackets
        raise ValueError("no JSON of the Bot API") from None


class Hangup:
    """Lets one thread end conversations that other threads wait in. After `cut` none begins, until `mend`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cut = False
        self._ends: list[Callable[[], object]] = []

    def cut(self) -> None:
        with self._lock:
            self._cut = True
            for end in self._ends:
                end()

    def mend(self) -> None:
        with self._lock:
            self._cut = False

    @contextmanager
    def ending(self, end: Callable[[], object]) -> Iterator[None]:
        """Inside the block, `cut` calls `end`; if already cut, `end` is called at once."""
        with self._lock:
            self._ends.append(end)
            if self._cut:
                end()
        try:
            yield
        finally:
            with self._lock:
                self._ends.remove(end)


@dataclass(frozen=True, slots=True)
class BotApi:
    """One bot. Each call uses its own connection, ends within its timeout, and may raise `NotTaken`."""

    token: str = field(repr=False)
    address: str = TELEGRAM
    whole_s: float = WHOLE_S

    def name(self, *, hangup: Hangup | None = None) -> str:
        """The bot's user name as used in links, without @."""
        try:
            return _decoded(self.call("getMe", {}, hangup=hangup), _Bot).result.username
        except ValueError:
            raise AskAgain("getMe: no JSON of the Bot API") from None

    def send(self, chat: int, text: str, *, hangup: Hangup | None = None) -> None:
        """Send plain text. Link previews are off, so that Telegram does not contact the servers of links."""
        values = {"chat_id": chat, "text": text, "link_preview_options": {"is_disabled": True}}
        self.call("sendMessage", values, hangup=hangup)

    def updates(
        self, *, after: int, wait_s: int, kinds: tuple[str, ...], hangup: Hangup | None = None
    ) -> tuple[Update, ...]:
        """Updates from id `after` on (0: all unconfirmed ones), at most `MOST_UPDATES`; waits up to `wait_s` for one.

        This confirms all updates before `after`: Telegram never sends them again.
        """
        values = {"offset": after, "limit": MOST_UPDATES, "timeout": wait_s, "allowed_updates": list(kinds)}
        try:
            return read_updates(self.call("getUpdates", values, within_s=wait_s + self.whole_s, hangup=hangup))
        except ValueError:
            raise AskAgain("getUpdates: no JSON of the Bot API") from None

    def call(
        self,
        method: str,
        values: Mapping[str, Any],
        *,
        files: Mapping[str, Any] | None = None,
        within_s: float | None = None,
        hangup: Hangup | None = None,
    ) -> bytes:
        """The body of an `ok` answer. `files`: as httpx takes them; `values` are then sent as form fields, not as JSON."""
        whole_s = within_s or self.whole_s
        try:
            code, header, body = run(self._ask(method, values, files, whole_s, hangup or Hangup()))
        except TimeoutError:
            raise AskAgain(f"no answer in {whole_s:g} s") from None
        except asyncio.CancelledError:
            raise AskAgain("hung up") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:  # its text may contain the URL
            raise AskAgain(type(error).__name__) from None
        answer = _Answer()
        with suppress(ValueError):
            answer = _decoded(body, _Answer)
        if code == 200 and answer.ok:
            return body
        raise outcome(
            code, answer.description.replace(self.token, "…"), answer.parameters.retry_after or wait_of(header)
        )

    async def _ask(
        self, method: str, values: Mapping[str, Any], files: Mapping[str, Any] | None, whole_s: float, hangup: Hangup
    ) -> tuple[int, str, bytes]:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        address = f"{self.address.rstrip('/')}/bot{self.token}/{method}"
        times = httpx.Timeout(whole_s).as_dict()
        what: dict[str, Any] = {"data": dict(values), "files": files} if files else {"json": dict(values)}
        request = httpx.Request("POST", address, extensions={"timeout": times}, **what)
        with hangup.ending(lambda: loop.call_soon_threadsafe(task.cancel)):
            async with (
                asyncio.timeout(whole_s),
                httpx.AsyncHTTPTransport(verify=authorities(trust_env=True), proxy=_proxy(address)) as transport,
            ):
                answer = await transport.handle_async_request(request)
                body = bytearray()
                try:
                    async for chunk in answer.aiter_raw():
                        body += chunk
                        if len(body) > MOST_ANSWER_BYTES:
                            break
                finally:
                    await answer.aclose()
                return answer.status_code, answer.headers.get("retry-after", ""), bytes(body)


def _proxy(address: str) -> str | None:
    """The proxy that the environment names for the address (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), as httpx's client does.

    The bare transport is used because the client logs addresses, and this one holds the token.
    """
    parts = urlsplit(address)
    if proxy_bypass(parts.hostname or ""):
        return None
    named = getproxies()
    return named.get(parts.scheme) or named.get("all")


def outcome(code: int, description: str, wait_s: float) -> NotTaken:
    """The error for an answer that is not `ok`."""
    words = "".join(char for char in description if char.isprintable())[:120]
    said = f"HTTP {code}" + (f": {words}" if words else "")
    if code == 403 or (code == 400 and any(mark in words.lower() for mark in NOBODY)):
        return Gone(said)  # the person has blocked the bot, or the account no longer exists
    if code in {401, 404}:  # 404: the token is malformed or unknown
        return NotLetIn(said)
    if 400 <= code < 500 and code not in LATER:
        return Refused(said)
    return AskAgain(said, min(max(wait_s, 0.0), LONGEST_WAIT_S))
