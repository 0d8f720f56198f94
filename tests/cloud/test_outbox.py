"""Letters: none is lost, none is sent twice, and a mail server that says nothing keeps nobody waiting but letters."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest

from cloud import outbox
from cloud.db.models import Letter, LetterState, utc_now
from cloud.mail import Mailer, Postponed, ServerAway, Undeliverable
from cloud.outbox import Outbox
from cloud.settings import MailSettings
from tests.patience import PATIENCE_S


class ScriptedMailer:
    """Remembers what was sent; raises what it is told to, once each."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.sent = []

    def send(self, *, to, subject, text):
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        self.sent.append((to, subject, text))


def put(database, box, *addresses):
    with database.write() as session:
        for address in addresses:
            box.put(session, to=address, subject="Тема", text="секрет")


def letters(database):
    with database.read() as session:
        return session.query(Letter).order_by(Letter.id).all()


def test_a_letter_is_sent_once_and_its_links_are_forgotten(database):
    """A letter goes out oldest first, once; the text with its links is kept no longer than needed."""
    mailer = ScriptedMailer()
    box = Outbox(database, mailer)
    put(database, box, "a@b.ru", "c@d.ru")

    assert (2, 0) == (box.deliver_due(), box.deliver_due())

    assert [("a@b.ru", "Тема", "секрет"), ("c@d.ru", "Тема", "секрет")] == mailer.sent
    assert {(LetterState.SENT, "")} == {(row.state, row.text) for row in letters(database)}


def test_what_was_rolled_back_is_not_mailed(database):
    """A letter belongs to the change that causes it: without the one there is not the other."""
    mailer = ScriptedMailer()
    box = Outbox(database, mailer)

    def fail():
        with database.write() as session:
            box.put(session, to="a@b.ru", subject="x", text="x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert 0 == box.deliver_due()


def test_a_lease_of_a_clock_that_was_set_back_is_over(database):
    """A worker took a letter by a clock an hour ahead and died: another sends it when the clock is right, and waits no hour."""
    box = Outbox(database, ScriptedMailer())
    put(database, box, "a@b.ru")
    now = utc_now()
    assert box._claim(now + timedelta(hours=1)) is not None

    assert 1 == Outbox(database, ScriptedMailer()).deliver_due(now=now)


def test_a_letter_that_goes_while_it_is_sent_takes_no_other_with_it(database):
    """The territory of a letter is deleted while a server takes the letter: one written meanwhile, under the same number, is sent too."""
    sent = []

    class Slow(ScriptedMailer):
        def send(self, *, to, subject, text):
            sent.append(to)
            if to == "a@b.ru":
                with database.write() as session:
                    session.query(Letter).delete()
                put(database, box, "c@d.ru")

    box = Outbox(database, Slow())
    put(database, box, "a@b.ru")

    box.deliver_due()

    assert ["a@b.ru", "c@d.ru"] == sent


def test_a_letter_outlives_the_process(database):
    """A letter that the server did not take, or that a dead worker held, is sent by the next process."""
    now = utc_now()
    first = Outbox(database, ScriptedMailer(ServerAway("silence")))
    put(database, first, "a@b.ru", "c@d.ru")
    assert 0 == first.deliver_due(now=now)
    first._claim(now)  # and the process dies with the second one in its hands

    mailer = ScriptedMailer()
    assert 0 == Outbox(database, mailer).deliver_due(now=now)
    assert 2 == Outbox(database, mailer).deliver_due(now=now + outbox.LEASE)


def test_a_silent_server_is_asked_by_one_letter_and_not_by_all(database):
    """While the server is away one letter finds out; the others lose no try, and the operator sees what was said."""
    mailer = ScriptedMailer(ServerAway("TimeoutError: timed out"))
    box = Outbox(database, mailer)
    put(database, box, *(f"{number}@b.ru" for number in range(40)))

    assert 0 == box.deliver_due()

    assert [1] + [0] * 39 == [row.attempts for row in letters(database)]
    with database.read() as session:
        found = outbox.standing(session, now=utc_now() + timedelta(minutes=5))
    assert (40, "TimeoutError: timed out") == (found.waiting, found.error)
    assert 300 < found.oldest_s < 400


def test_what_the_server_wants_later_is_sent_later(database):
    """A temporary refusal concerns its letter alone, which tries again after a wait that doubles."""
    now, mailer = utc_now(), ScriptedMailer(Postponed("451 greylisted"), None, Postponed("451 greylisted"))
    box = Outbox(database, mailer)
    put(database, box, "grey@b.ru", "c@d.ru")

    assert 1 == box.deliver_due(now=now + timedelta(seconds=1))
    assert 0 == box.deliver_due(now=now + timedelta(seconds=30))
    assert 0 == box.deliver_due(now=now + timedelta(minutes=2))  # refused again
    assert 0 == box.deliver_due(now=now + timedelta(minutes=3, seconds=30))
    assert 1 == box.deliver_due(now=now + timedelta(minutes=4, seconds=30))


def test_a_refused_address_ends_its_letter(database):
    """What the server will never take is given up at once; what nobody took for three days, then."""
    now, box = utc_now(), Outbox(database, ScriptedMailer(Undeliverable("550 no such user"), Postponed("451 later")))
    put(database, box, "nobody@b.ru", "late@b.ru")

    box.deliver_due(now=now + outbox.GIVEN_UP_AFTER + timedelta(hours=1))

    assert [LetterState.FAILED] * 2 == [row.state for row in letters(database)]
    assert "550 no such user" == letters(database)[0].error


def test_two_workers_send_no_letter_twice(database):
    """Each of many letters is sent by one of the workers that share the database."""
    mailers = [ScriptedMailer() for _ in range(4)]
    boxes = [Outbox(database, mailer) for mailer in mailers]
    put(database, boxes[0], *(f"{number}@b.ru" for number in range(30)))

    threads = [threading.Thread(target=box.deliver_due) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 30 == len({to for mailer in mailers for to, _, _ in mailer.sent})
    assert 30 == sum(len(mailer.sent) for mailer in mailers)


def test_the_thread_sends_as_soon_as_it_is_told(database):
    """A committed letter wakes the outbox's own thread; a stop ends it."""
    sent = threading.Event()

    class Telling(ScriptedMailer):
        def send(self, **letter):
            sent.set()

    box = Outbox(database, Telling())
    box.start()
    put(database, box, "a@b.ru")

    assert sent.wait(PATIENCE_S)
    box.stop()
    assert not box.alive


@contextmanager
def server(answers):
    """An SMTP server on loopback that answers each command by its first word; None = it says nothing at all."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self):
            if answers is None:
                done.wait(30)
                return
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                word = line.split()[0].upper().decode()
                if word == "DATA" and "DATA" not in answers:
                    self.wfile.write(b"354 go on\r\n")
                    while self.rfile.readline() != b".\r\n":
                        pass
                    self.wfile.write(answers.get(".", b"250 taken\r\n"))
                else:
                    self.wfile.write(answers.get(word, b"250 ok\r\n"))

    done = threading.Event()
    listening = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield listening.server_address[1]
    finally:
        done.set()
        listening.shutdown()
        thread.join()
        listening.server_close()


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"QUIT": b"221 bye\r\n"}, None),
        ({"QUIT": b"421 what?\r\n"}, None),
        ({"RCPT": b"550 no such user\r\n"}, Undeliverable),
        ({"RCPT": b"451 greylisted\r\n"}, Postponed),
        ({".": b"552 too large\r\n"}, Undeliverable),
        ({".": b"452 disk full\r\n"}, Postponed),
        ({"MAIL": b"421 shutting down\r\n"}, ServerAway),
        (None, ServerAway),
    ],
)
def test_what_the_server_says_decides(tmp_path, answers, outcome):
    """Taken, later, never, or nobody there: each is told apart; a server that stays silent is cut off."""
    with server(answers) as port:
        settings = MailSettings(host="127.0.0.1", port=port, security="none")
        mailer = Mailer(settings, tmp_path, whole_s=0.5 if answers is None else 20)
        if outcome is None:
            mailer.send(to="a@b.ru", subject="x", text="Привет")
            return
        with pytest.raises(outcome):
            mailer.send(to="a@b.ru", subject="x", text="Привет")


def test_nobody_listens(tmp_path):
    """A port where nobody is means that the server is away."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with pytest.raises(ServerAway):
        Mailer(MailSettings(host="127.0.0.1", port=port, security="none"), tmp_path).send(to="a@b", subject="", text="")
