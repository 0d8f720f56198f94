"""A Telegram for tests, of portal and gate: the Bot API over real HTTP on loopback, for one bot and its chats.

It knows its bot by the token, a chat by its having written first, and confirms updates by the next offset, as the real one
does. It asks nobody for more than the two of us use: getMe, getUpdates, sendMessage, sendPhoto, answerCallbackQuery.
"""

from __future__ import annotations

import itertools
import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "123456:very-secret-token-of-the-tests"
LONGEST_TEXT = 4096
Answer = tuple[int, dict[str, Any]]


def failed(code: int, description: str, **parameters: object) -> Answer:
    """An answer as the Bot API words its failures."""
    more = {"parameters": parameters} if parameters else {}
    return code, {"ok": False, "error_code": code, "description": description, **more}


TOO_MANY = failed(429, "Too Many Requests: retry after 7", retry_after=7)


@dataclass
class BotServer:
    """What was said to whom, and what people did; `answers` makes the next calls of a method fail."""

    url: str = ""
    token: str = TOKEN
    name: str = "okter_test_bot"
    said: list[tuple[int, str]] = field(default_factory=list)
    """Chat and text, in their order; of a picture its caption."""
    asked: list[str] = field(default_factory=list)
    """Methods, in their order."""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    silent: bool = False
    """It accepts, and says nothing more until it ends."""
    previews: bool = False
    """Whether it was ever let look behind a link of a text."""

    def __post_init__(self) -> None:
        self._told = threading.Condition()
        self._updates: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self._chats: set[int] = set()
        self._blocked: set[int] = set()
        self._polls = 0
        self._ended = False

    # -- what people do ----------------------------------------------------------------------------------------------

    def write(self, chat: int, text: str, *, language: str = "ru", kind: str = "private") -> None:
        """Somebody writes to the bot; a blocked bot is thereby unblocked, as Telegram does."""
        self._chats.add(chat)
        self._blocked.discard(chat)
        sender = {"id": abs(chat), "is_bot": False, "first_name": "Пётр", "language_code": language}
        self.happens(
            message={"message_id": 1, "date": 0, "chat": {"id": chat, "type": kind}, "from": sender, "text": text}
        )

    def block(self, chat: int, *, told: bool = True) -> None:
        """Somebody blocks the bot; `told`: it hears so, and does not only find out."""
        self._blocked.add(chat)
        if told:
            member = {"status": "kicked", "user": {"id": 1, "is_bot": True, "first_name": "bot"}, "until_date": 0}
            self.happens(my_chat_member={"chat": {"id": chat, "type": "private"}, "new_chat_member": member})

    def press(self, chat: int, data: str) -> None:
        """Somebody presses the button `data` below a message."""
        shown = {"message_id": 5, "chat": {"id": chat, "type": "private"}}
        sender = {"id": abs(chat), "is_bot": False, "first_name": "Пётр"}
        self.happens(callback_query={"id": "q", "from": sender, "message": shown, "data": data})

    def happens(self, **what: object) -> None:
        with self._told:
            self._updates.append({"update_id": next(self._numbers), **what})
            self._told.notify_all()

    def wait(self, count: int) -> list[tuple[int, str]]:
        """What was said, once it is so many texts."""
        with self._told:
            assert self._told.wait_for(lambda: len(self.said) >= count, timeout=60)
            return list(self.said)

    # -- what the bot asks -------------------------------------------------------------------------------------------

    def take(self, path: str, values: dict[str, Any]) -> Answer | None:
        """The answer to one call; None: there never is one."""
        bot, _, method = path.lstrip("/").partition("/")
        with self._told:
            self.asked.append(method)
            self._told.notify_all()
            if self.silent:
                self._told.wait_for(lambda: self._ended)
                return None
            if bot != f"bot{self.token}":
                return failed(401, "Unauthorized")
            if self.answers.get(method):
                return self.answers[method].pop(0)
            if method == "getMe":
                return self._good({"id": 123456, "is_bot": True, "first_name": "OKter", "username": self.name})
            if method == "getUpdates":
                return self._get_updates(values)
            if method in {"sendMessage", "sendPhoto"}:
                return self._send(values)
            if method == "answerCallbackQuery":
                return self._good(True)  # the API's own answer
            return failed(404, "Not Found")

    def _get_updates(self, values: dict[str, Any]) -> Answer:
        after = int(values.get("offset", 0))
        kinds = {"update_id", *values.get("allowed_updates", ())}
        self._updates = [one for one in self._updates if one["update_id"] >= after]
        self._polls += 1
        mine = self._polls
        self._told.notify_all()

        def found() -> list[dict[str, Any]]:
            return [one for one in self._updates if set(one) <= kinds]

        self._told.wait_for(
            lambda: found() or self._ended or self._polls != mine, timeout=int(values.get("timeout", 0))
        )
        if self._polls != mine:
            return failed(409, "Conflict: terminated by other getUpdates request")
        return self._good(found()[: int(values.get("limit", 100))])

    def _send(self, values: dict[str, Any]) -> Answer:
        chat, text = int(values["chat_id"]), str(values.get("text") or values.get("caption") or "")
        if chat in self._blocked:
            return failed(403, "Forbidden: bot was blocked by the user")
        if chat not in self._chats:
            return failed(400, "Bad Request: chat not found")
        if not text:
            return failed(400, "Bad Request: message text is empty")
        if len(text) > LONGEST_TEXT:
            return failed(400, "Bad Request: message is too long")
        self.previews |= not values.get("link_preview_options", {}).get("is_disabled", False)
        self.said.append((chat, text))
        self._told.notify_all()
        return self._good(
            {"message_id": len(self.said), "date": 0, "chat": {"id": chat, "type": "private"}, "text": text}
        )

    def _good(self, result: object) -> Answer:
        return 200, {"ok": True, "result": result}

    def end(self) -> None:
        with self._told:
            self._ended = True
            self._told.notify_all()


def values_of(kind: str, body: bytes) -> dict[str, Any]:
    """The fields of a call, JSON or form, whichever it was sent as; `kind` is its Content-Type."""
    if "json" in kind:
        return dict(json.loads(body))
    boundary = kind.partition("boundary=")[2].encode()
    found = {}
    for part in body.split(b"--" + boundary)[1:-1] if boundary else ():
        head, _, value = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        found[name] = value.decode("utf-8", "replace")
    return found or dict(urllib.parse.parse_qsl(body.decode()))


@contextmanager
def bot_server(**settings: Any) -> Iterator[BotServer]:
    telegram = BotServer(**settings)

    class Talk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = telegram.take(self.path, values_of(self.headers.get("Content-Type", ""), body))
            if answer is None:
                return
            said = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    telegram.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield telegram
    finally:
        telegram.end()
        server.shutdown()
        thread.join()
        server.server_close()
