"""The courier: what was committed is posted, in order, also after a restart; who fails waits alone."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network

import pytest

from cloud.couriers import courier, webhooks
from cloud.couriers.courier import Courier
from cloud.couriers.webhooks import WebhookRound
from cloud.db.models import Account, Membership, MemberState, Role, Territory, Webhook, WebhookEvent, utc_now
from posting.post import AskAgain, Gone, NotLetIn, Poster, Refused, wait_of
from posting.reach import Reach
from tests.patience import PATIENCE_S

LOOPBACK = Reach((ip_network("127.0.0.0/8"),))


class ScriptedPoster:
    """Takes messages, or fails as it is told to, once each; by address where told so."""

    def __init__(self, *errors, by_url=None):
        self.errors, self.by_url = list(errors), by_url or {}
        self.taken = []

    def post(self, url, headers, body):
        if url in self.by_url:
            raise self.by_url[url]
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        self.taken.append(headers["X-Okter-Id"])


class Told(list):
    def __call__(self, session, row):
        self.append((row.url, row.error))


@pytest.fixture
def hooks(database):
    """Makes webhooks of one territory, each with messages that wait."""
    now = utc_now()
    with database.write() as session:
        place = Territory(code="123-456", name="СНТ", timezone="UTC")
        person = Account(email="a@b.ru", name="A", phone="+7", password_hash="x")
        session.add_all([place, person])
        session.flush()
        session.add(
            Membership(
                account_id=person.id, territory_id=place.id, role=Role.MANAGER, state=MemberState.ACCEPTED,
            )
        )  # fmt: skip

    def make(name, *messages):
        with database.write() as session:
            row = webhooks.add(session, place, f"https://{name}.example.ru/", by=person, now=now)
            webhooks.put(session, row, [(message, "{}") for message in messages], now=now)
        return row

    return make


def row_of(database, row):
    with database.read() as session:
        return session.get(Webhook, row.id), session.query(WebhookEvent).filter_by(receiver_id=row.id).count()


def test_messages_are_posted_once_and_in_order(database, hooks):
    """Each message goes once, in the order in which it was written, and nothing of it stays."""
    row, poster = hooks("a", "1", "2", "3"), ScriptedPoster()
    carrier = Courier(database, WebhookRound(poster, Told()))

    assert (3, 0) == (carrier.deliver_due(), carrier.deliver_due())

    assert ["1", "2", "3"] == poster.taken
    kept, waiting = row_of(database, row)
    assert (0, True) == (waiting, kept.taken_at is not None)


def test_who_fails_waits_alone_and_longer_each_time(database, hooks):
    """A silent receiver keeps its own messages waiting, twice as long after each try, and nobody else's."""
    silent, well = hooks("silent", "1"), hooks("well", "2")
    poster = ScriptedPoster(by_url={silent.url: AskAgain("no answer in 15 s")})
    carrier, now = Courier(database, WebhookRound(poster, Told())), utc_now() + timedelta(seconds=1)

    carrier.deliver_due(now=now)

    assert ["2"] == poster.taken
    assert 0 == row_of(database, well)[1]
    rests = []
    for _ in range(3):
        kept, waiting = row_of(database, silent)
        rests.append((kept.next_at - now).total_seconds())
        assert ("no answer in 15 s", 1) == (kept.error, waiting)
        now = kept.next_at
        carrier.deliver_due(now=now)
    assert [30, 60, 120] == rests
    poster.by_url.clear()
    assert 1 == carrier.deliver_due(now=row_of(database, silent)[0].next_at)
    kept, _ = row_of(database, silent)
    assert (0, None, "") == (kept.attempts, kept.failing_since, kept.error)


def test_a_receiver_that_names_a_time_is_believed(database, hooks):
    """`Retry-After` longer than our own rest is kept to."""
    row, now = hooks("a", "1"), utc_now() + timedelta(seconds=1)

    Courier(database, WebhookRound(ScriptedPoster(AskAgain("HTTP 429", 600)), Told())).deliver_due(now=now)

    assert now + timedelta(seconds=600) == row_of(database, row)[0].next_at
    assert (7.0, 3600.0, 0.0, 0.0) == (wait_of("7"), wait_of("999999"), wait_of("Wed, 21 Oct 2026"), wait_of("9" * 30))


def test_what_is_refused_for_ever_holds_up_nothing(database, hooks):
    """A message that the receiver will never take is counted and passed over."""
    row, poster = hooks("a", "1", "2"), ScriptedPoster(Refused("HTTP 400"))

    assert 1 == Courier(database, WebhookRound(poster, Told())).deliver_due()

    kept, waiting = row_of(database, row)
    assert (["2"], 1, 0) == (poster.taken, kept.refused, waiting)


def test_who_is_not_let_in_loses_no_message(database, hooks):
    """A receiver whose secret is another one: its error is seen, its messages wait, and come once that is mended."""
    row, poster = hooks("a", "1", "2"), ScriptedPoster(NotLetIn("HTTP 401"))
    carrier, now = Courier(database, WebhookRound(poster, Told())), utc_now() + timedelta(seconds=1)

    assert 0 == carrier.deliver_due(now=now)

    kept, waiting = row_of(database, row)
    assert ("HTTP 401", 0, 2, True) == (kept.error, kept.refused, waiting, kept.failing_since is not None)
    assert 2 == carrier.deliver_due(now=kept.next_at)
    assert ["1", "2"] == poster.taken


def test_a_message_outlives_the_process(database, hooks):
    """What a dead worker held in its hands is posted by the next one when the lease is over, and not before."""
    hooks("a", "1")
    now, poster = utc_now() + timedelta(seconds=1), ScriptedPoster()
    Courier(database, WebhookRound(poster, Told()))._claim(now)  # and the process dies

    after = Courier(database, WebhookRound(poster, Told()))

    assert 0 == after.deliver_due(now=now + timedelta(minutes=1))
    assert 1 == after.deliver_due(now=now + courier.LEASE)


def test_after_days_of_failing_it_is_off_and_people_are_told(database, hooks):
    """Three days without taking anything switch a webhook off with a letter; what waited is dropped; on begins anew."""
    row, told, now = hooks("a", "1", "2"), Told(), utc_now() + timedelta(seconds=1)
    poster = ScriptedPoster(*[AskAgain("HTTP 503")] * 2)
    carrier = Courier(database, WebhookRound(poster, told))
    carrier.deliver_due(now=now)
    assert [] == told

    carrier.deliver_due(now=now + webhooks.OFF_AFTER + timedelta(minutes=1))

    kept, waiting = row_of(database, row)
    assert ("failing", 0, [(row.url, "HTTP 503")]) == (kept.off_why, waiting, told)
    with database.read() as session:
        assert [] == webhooks.live(session, row.territory_id)


def test_gone_is_said_on_purpose(database, hooks):
    """410 switches a webhook off at once; 404, which is often a page being mended, is asked again."""
    gone, missing, told = hooks("gone", "1"), hooks("missing", "2"), Told()
    poster = ScriptedPoster(by_url={gone.url: Gone("HTTP 410"), missing.url: Gone("HTTP 404")})

    Courier(database, WebhookRound(poster, told)).deliver_due()

    assert "gone" == row_of(database, gone)[0].off_why
    kept, waiting = row_of(database, missing)
    assert (None, 1) == (kept.off_at, waiting)
    assert [gone.url] == [url for url, _ in told]


def test_the_queue_is_bounded(database, hooks, monkeypatch):
    """Beyond its room a webhook's messages are counted as lost, and the ones that wait stay."""
    monkeypatch.setattr(webhooks, "MOST_WAITING", 3)
    row = hooks("a", *"12345")

    kept, waiting = row_of(database, row)
    assert (3, 2) == (waiting, kept.lost)


def test_what_is_too_old_is_not_told(database, hooks):
    """A message that nobody took in a week is dropped."""
    row, poster = hooks("a", "1"), ScriptedPoster()

    Courier(database, WebhookRound(poster, Told())).deliver_due(now=utc_now() + webhooks.KEPT + timedelta(minutes=1))

    assert ([], 0) == (poster.taken, row_of(database, row)[1])


def test_a_manager_who_left_has_no_webhooks(database, hooks):
    """A webhook is worth no more than who made it: with their role it falls silent."""
    row = hooks("a")
    with database.write() as session:
        assert [row.id] == [one.id for one in webhooks.live(session, row.territory_id)]
        session.query(Membership).one().role = Role.RESIDENT
    with database.read() as session:
        assert [] == webhooks.live(session, row.territory_id)


def test_two_workers_post_nothing_twice(database, hooks):
    """Workers that share a database share the receivers: each message goes once, in its order."""
    for name in "abcd":
        hooks(name, *(f"{name}{number:02}" for number in range(20)))
    poster = ScriptedPoster()
    carriers = [Courier(database, WebhookRound(poster, Told())) for _ in range(3)]

    threads = [threading.Thread(target=one.deliver_due) for one in carriers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for name in "abcd":
        assert [f"{name}{number:02}" for number in range(20)] == [one for one in poster.taken if one[0] == name]


def test_its_threads_post_as_soon_as_they_are_told(database, hooks):
    """A commit wakes the courier; a stop ends its threads."""
    taken = threading.Event()

    class Telling(ScriptedPoster):
        def post(self, url, headers, body):
            taken.set()

    row = hooks("a")
    carrier = Courier(database, WebhookRound(Telling(), Told()))
    carrier.start()
    with database.write() as session:
        webhooks.put(session, session.get(Webhook, row.id), [("1", "{}")], now=utc_now())
        carrier.wake_after(session)

    assert taken.wait(PATIENCE_S)
    assert (True, False) == (carrier.alive, carrier.dead)
    carrier.stop()
    assert (False, False) == (carrier.alive, carrier.dead)


@contextmanager
def server(answer, asked=None):
    """Somebody's server on loopback that answers with these bytes; None = it says a byte now and then."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self):
            lines = []
            while (line := self.rfile.readline()) not in {b"\r\n", b""}:
                lines.append(line)
            if asked is not None:
                asked.extend(lines)
            if answer is None:
                self.wfile.write(b"HTTP/1.1 ")
                while not done.wait(0.05):
                    try:
                        self.wfile.write(b"2")
                    except OSError:
                        return
            else:
                self.wfile.write(answer)

    done = threading.Event()
    listening = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield listening.server_address[1]
    finally:
        done.set()
        listening.shutdown()
        thread.join()
        listening.server_close()


def said(status, *headers):
    return b"\r\n".join([f"HTTP/1.1 {status}".encode(), *headers, b"Content-Length: 0", b"", b""])


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (said("200 OK"), None),
        (said("204 No Content"), None),
        (said("301 Moved", b"Location: http://127.0.0.1:1/"), AskAgain),
        (said("400 Bad"), Refused),
        (said("401 Who"), NotLetIn),
        (said("403 Not you"), NotLetIn),
        (said("404 Missing"), Gone),
        (said("410 Gone"), Gone),
        (said("408 Slow"), AskAgain),
        (said("429 Often"), AskAgain),
        (said("500 Broken"), AskAgain),
        (b"nonsense\r\n\r\n", AskAgain),
        (b"", AskAgain),
        (None, AskAgain),
    ],
)
def test_what_the_receiver_says_decides(answer, outcome):
    """Taken, later, never, gone: each is told apart; a redirect is not followed, one who drips bytes is cut off."""
    with server(answer) as port:
        poster = Poster(LOOPBACK, whole_s=0.5 if answer is None else 20)
        if outcome is None:
            poster.post(f"http://127.0.0.1:{port}/x", {}, b"{}")
            return
        with pytest.raises(outcome):
            poster.post(f"http://127.0.0.1:{port}/x", {}, b"{}")


def test_the_address_that_was_looked_at_is_the_one_that_is_asked():
    """A name is resolved once: the connection goes to what was found, and bears the name all the same."""
    asked = []
    with server(said("200 OK"), asked) as port:
        reach = Reach((ip_network("127.0.0.0/8"),), resolve=lambda *_: ["127.0.0.1"])
        Poster(reach).post(f"http://no-such-name.invalid:{port}/x?y=1", {}, b"{}")

    assert b"POST /x?y=1 HTTP/1.1\r\n" in asked
    assert f"host: no-such-name.invalid:{port}\r\n".encode() in [line.lower() for line in asked]


def test_a_private_address_is_never_connected_to():
    """Without the owner's leave a server on loopback hears nothing, whatever its name."""
    asked = []
    with server(said("200 OK"), asked) as port:
        for url in (f"http://127.0.0.1:{port}/", f"http://localhost:{port}/", f"https://127.0.0.1:{port}/"):
            with pytest.raises(AskAgain, match="private"):
                Poster(Reach()).post(url, {}, b"{}")
    assert [] == asked


@pytest.mark.parametrize("place", ["https://xn--a/", "https://[v1.a]/", "https://999.999.1.1/"])
def test_a_receiver_that_sends_us_to_no_address_is_asked_again_later(place):
    """A redirect is not followed, and one that leads nowhere is the receiver's failure and not ours."""
    with server(said("302 Found", f"Location: {place}".encode())) as port, pytest.raises(AskAgain):
        Poster(LOOPBACK).post(f"http://127.0.0.1:{port}/x", {}, b"{}")


def test_whatever_one_receiver_does_the_others_are_served(database, hooks):
    """An error that nobody foresaw leaves that receiver for later; the thread lives, and the next has its message."""
    bad, good = hooks("bad", "1"), hooks("good", "2")
    poster = ScriptedPoster(by_url={bad.url: RuntimeError("nobody foresaw it")})

    assert 1 == Courier(database, WebhookRound(poster, Told())).deliver_due(now=utc_now())

    assert ["2"] == poster.taken
    row, waiting = row_of(database, bad)
    assert (1, "RuntimeError") == (waiting, row.error)
    assert 0 == row_of(database, good)[1]
