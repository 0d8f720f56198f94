"""The Bot API's client against a server that plays it: what an answer means, and that the token is told to nobody."""

from __future__ import annotations

import logging
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from posting import bounded
from posting.post import AskAgain, Gone, NotLetIn, NotTaken, Poster, Refused
from posting.reach import Reach
from posting.telegram import BotApi, Hangup, Membership, read_updates
from tests.bot_api import TOKEN, TOO_MANY, bot_server, failed
from tests.cloud.test_courier import said, server
from tests.patience import PATIENCE_S

KINDS = ("message", "my_chat_member")


@pytest.fixture
def telegram():
    with bot_server() as one:
        yield one


@pytest.fixture
def api(telegram):
    return BotApi(TOKEN, telegram.url)


def test_a_text_arrives_and_links_are_not_looked_behind(telegram, api):
    """What is sent is said to its chat, plainly; Telegram's servers are not sent to the pages of the portal."""
    telegram.write(7, "/start")
    api.send(7, "Гость приехал: <b>*А777АА999*\n\nhttps://okter.example.ru/t/1")

    assert [(7, "Гость приехал: <b>*А777АА999*\n\nhttps://okter.example.ru/t/1")] == telegram.said
    assert ("okter_test_bot", False) == (api.name(), telegram.previews)


def test_the_environments_proxy_is_asked(monkeypatch):
    """Where Telegram is reached by a proxy alone, the bot goes by it; `NO_PROXY` leaves it out."""
    asked = []

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"ok": true, "result": true}')

        def log_message(self, *_):
            pass

    far = BotApi(TOKEN, "http://api.telegram.invalid")
    monkeypatch.setenv("no_proxy", "")
    with HTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.handle_request).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
        far.send(7, "по посреднику")
    monkeypatch.setenv("no_proxy", "api.telegram.invalid")
    with pytest.raises(AskAgain):
        far.send(7, "без него")

    assert [f"http://api.telegram.invalid/bot{TOKEN}/sendMessage"] == asked


def test_updates_are_told_until_they_are_confirmed(telegram, api):
    """An update comes again until a later number is asked for; blocking is one too."""
    telegram.write(7, "/start code")
    telegram.block(7)
    first = api.updates(after=0, wait_s=0, kinds=KINDS)
    again = api.updates(after=first[0].update_id, wait_s=0, kinds=KINDS)

    assert first == again
    assert ("/start code", 7, "private") == (
        first[0].message.text,
        first[0].message.chat.id,
        first[0].message.chat.type,
    )
    assert isinstance(first[1].my_chat_member, Membership)
    assert "kicked" == first[1].my_chat_member.new_chat_member.status
    assert () == api.updates(after=first[1].update_id + 1, wait_s=0, kinds=KINDS)


def test_the_longest_that_a_stranger_writes_keeps_nobody_waiting(telegram, api):
    """However much and however long it is that waits, it is heard to its end: the API writes each sign as twelve bytes."""
    long = "😀" * 4096
    for number in range(100):
        chat = {"id": number + 1, "type": "private"}
        telegram.happens(message={"chat": chat, "text": long, "reply_to_message": {"chat": chat, "text": long}})
    telegram.write(7, "/start code")
    heard, after = [], 0
    while updates := api.updates(after=after, wait_s=0, kinds=KINDS):
        heard += [update.message.text for update in updates]
        after = updates[-1].update_id + 1

    assert (101, "/start code") == (len(heard), heard[-1])


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (failed(400, "Bad Request: message is too long"), Refused),
        (failed(400, "Bad Request: chat not found"), Gone),
        (failed(401, "Unauthorized"), NotLetIn),
        (failed(403, "Forbidden: bot was blocked by the user"), Gone),
        (failed(404, "Not Found"), NotLetIn),
        (failed(409, "Conflict: terminated by other getUpdates request"), AskAgain),
        (failed(500, "Internal Server Error"), AskAgain),
        ((200, {"ok": False}), AskAgain),
    ],
)
def test_what_the_answer_says_decides(telegram, api, answer, outcome):
    """Never, nobody, not us, later: each is told apart, and a 200 that does not say ok is no delivery."""
    telegram.write(7, "/start")
    telegram.answers["sendMessage"] = [answer]

    with pytest.raises(NotTaken) as found:
        api.send(7, "x")

    assert outcome is type(found.value)


def test_too_many_names_its_time(telegram, api):
    """`retry_after` is told on, and no more than an hour of it is believed."""
    telegram.answers["sendMessage"] = [TOO_MANY, failed(429, "Too Many Requests", retry_after=10**9)]
    waits = []
    for _ in range(2):
        with pytest.raises(AskAgain) as found:
            api.send(7, "x")
        waits.append(found.value.wait_s)

    assert [7.0, 3600.0] == waits


@pytest.mark.parametrize(
    "how", ["refused", "echoed", "nobody", "drips", "empty", "nonsense", "redirect", "odd address"]
)
def test_the_token_is_told_to_nobody(telegram, caplog, how):
    """However a call fails, and at whatever level one logs, the token stands in no error and in no line of the log."""
    caplog.set_level(logging.DEBUG)
    answers = {
        "drips": None, "empty": b"", "nonsense": b"nonsense\r\n\r\n",
        "redirect": said("302 Found", b"Location: http://127.0.0.1:1/x"),
    }  # fmt: skip
    with server(answers.get(how, b"")) as port:
        address = {"refused": telegram.url, "echoed": telegram.url, "nobody": "http://127.0.0.1:1",
                   "odd address": "http://[::1"}.get(how, f"http://127.0.0.1:{port}")  # fmt: skip
        telegram.token = "another" if how == "refused" else TOKEN
        telegram.answers["sendMessage"] = [failed(400, f"no /bot{TOKEN}/ here")] if how == "echoed" else []
        api = BotApi(TOKEN, address, whole_s=0.5 if how == "drips" else 20)
        with pytest.raises(NotTaken) as found:
            api.send(7, "x")

    assert "very-secret" not in f"{found.value!r} {caplog.text} {api!r}"


def test_a_long_poll_ends_when_it_is_cut(telegram, api):
    """A poll that waits for something to happen is ended by another thread at once, and none begins until that is mended."""
    hangup, outcome = Hangup(), []

    def poll():
        with pytest.raises(AskAgain) as found:
            api.updates(after=0, wait_s=600, kinds=KINDS, hangup=hangup)
        outcome.append(str(found.value))

    thread = threading.Thread(target=poll)
    thread.start()
    with telegram._told:
        assert telegram._told.wait_for(lambda: telegram._polls == 1, timeout=PATIENCE_S)
    hangup.cut()
    thread.join(PATIENCE_S)
    poll()
    hangup.mend()

    assert ["hung up", "hung up"] == outcome
    assert () == api.updates(after=0, wait_s=0, kinds=KINDS, hangup=hangup)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"\ud83d", "\ufffd"), (rb"a\udc00b", "a\ufffdb"), (rb"\udc00\ud800", "\ufffd\ufffd"), (rb"\ud800\ud83d\ude00", "\ufffd😀"),
        (rb"\\ud800", "\\ud800"), (rb"\\\ud800", "\\\ufffd"), (b"\xed\xa0\x80", "\ufffd" * 3), ("Ж😀".encode(), "Ж😀"),
    ],
)  # fmt: skip
def test_half_a_character_keeps_nobody_waiting(written, read):
    """A text that was cut within a pair is read with a mark in its place, wherever it stands, and what follows is heard."""
    body = (
        b'{"ok":true,"result":[{"update_id":1,"message":{"chat":{"id":7},"text":"%s"}},{"update_id":2,"%s":1},'
        b'{"update_id":3,"message":{"chat":{"id":8},"text":"a"}}]}' % (written, written)
    )
    updates = read_updates(body)

    assert (read, "a") == (updates[0].message.text, updates[2].message.text)
    updates[0].message.text.encode()  # as a log and a database do


def test_a_failure_with_half_a_character_is_what_it_is(telegram, api):
    """Telegram's own words of why may hold somebody's cut name: what they mean is read all the same."""
    telegram.write(7, "/start")
    telegram.answers["sendMessage"] = [failed(400, "Bad Request: chat not found \ud800")]

    with pytest.raises(Gone):
        api.send(7, "x")


@pytest.mark.parametrize("who", ["bot", "poster"])
def test_a_name_server_that_says_nothing_keeps_nobody(monkeypatch, who):
    """The time of a request holds for the look-up of its name too, and its end waits for no thread that hangs in one."""
    released, asked = threading.Event(), threading.Event()

    def hangs(*_args, **_how):
        asked.set()
        released.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    outcome = []
    posting = {
        "bot": lambda: BotApi(TOKEN, "http://bot.example.ru", whole_s=0.3).send(7, "x"),
        "poster": lambda: Poster(Reach(), whole_s=0.3).post("https://push.example.ru/x", {}, b""),
    }

    def ask():
        with pytest.raises(AskAgain) as found:
            posting[who]()
        outcome.append(str(found.value))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    ended = not thread.is_alive()
    released.set()

    assert (True, True, ["no answer in 0.3 s"]) == (asked.is_set(), ended, outcome)


def test_look_ups_that_hang_are_not_piled_up(monkeypatch):
    """Beyond so many that hang the next is refused at once; when they have ended it is asked again."""
    released = threading.Event()
    monkeypatch.setattr(bounded, "_room", threading.BoundedSemaphore(1))
    reach = Reach(resolve=lambda *_: released.wait() and ["127.0.0.1"])
    poster = Poster(reach, whole_s=0.3)
    outcomes = []
    for _ in range(2):
        with pytest.raises(AskAgain) as found:
            poster.post("https://push.example.ru/x", {}, b"")
        outcomes.append(str(found.value))
    released.set()

    assert ["no answer in 0.3 s", "too many look-ups hang"] == outcomes


def test_a_look_up_that_got_no_thread_takes_no_room(monkeypatch):
    """A process that may have no more threads is told so as a failure of the network, and looks names up again once it may."""
    monkeypatch.setattr(bounded, "_room", threading.BoundedSemaphore(1))
    poster = Poster(Reach(resolve=lambda *_: ["127.0.0.1"]), whole_s=0.3)
    real = threading.Thread.start

    def none_left(thread):
        if thread.name == "look-up":
            raise RuntimeError("can't start new thread")
        real(thread)

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", none_left)
        for _ in range(2):
            with pytest.raises(AskAgain, match="can't start new thread"):
                poster.post("https://push.example.ru/x", {}, b"")

    assert "there" == bounded.run(bounded.aside(lambda: "there"))


def test_an_update_of_a_strange_form_keeps_nobody_waiting():
    """What cannot be read keeps its number, so that it is confirmed and those after it are heard."""
    body = b'{"ok":true,"result":[{"update_id":1,"message":{"chat":"?"}},{"update_id":2,"message":{"chat":{"id":7},"text":"a"}}]}'
    first, second = read_updates(body)

    assert (1, None, 2, "a") == (first.update_id, first.message, second.update_id, second.message.text)
    for strange in (b"", b"[]", b'{"result":[{}]}', b'{"result":' + b"[" * 20_000):
        with pytest.raises(ValueError, match="JSON"):
            read_updates(strange)
