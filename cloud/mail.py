"""Mail: sends one message by SMTP, or writes it to a file if no server is set. Called only by the outbox's thread."""

from __future__ import annotations

import logging
import os
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from secrets import token_hex
from threading import Timer

from cloud.settings import MailSettings

TIMEOUT_S = 20.0
"""Timeout for each answer of the server."""
WHOLE_S = 60.0
"""Timeout for the whole conversation, so that a server sending a byte now and then is cut off too."""
log = logging.getLogger(__name__)


class NotSent(Exception):
    """The letter could not be sent, now or ever; the message is one line for the operator."""


class ServerAway(NotSent):
    """The mail server is not working for any letter at the moment."""


class Postponed(NotSent):
    """The server wants this letter later."""


class Undeliverable(NotSent):
    """The server will never take this letter."""


def compose(*, sender: str, to: str, subject: str, text: str, plain: bool) -> EmailMessage:
    """A plain-text message. Line breaks in the subject become spaces. `plain`: the body stays readable in a file."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="okter.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="8bit" if plain else "quoted-printable")
    return message


class Mailer:
    """Sends one message at a time. `send` returns once the server has taken it, or raises `NotSent`."""

    def __init__(self, settings: MailSettings, folder: Path, *, whole_s: float = WHOLE_S) -> None:
        self._settings = settings
        self._folder = folder
        self._whole_s = whole_s

    def send(self, *, to: str, subject: str, text: str) -> None:
        plain = not self._settings.host
        message = compose(sender=self._settings.sender, to=to, subject=subject, text=text, plain=plain)
        try:
            if plain:
                self._write(message)
            else:
                self._transmit(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise _refusal(code, words) from error
        except smtplib.SMTPDataError as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:  # also a wrong password: it fails for every letter
            raise ServerAway(f"{type(error).__name__}: {error}"[:200]) from error

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{time.time_ns() % 1_000_000_000:09}-{token_hex(2)}"
        partial = self._folder / f".{name}.part"
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(bytes(message))
        partial.rename(self._folder / f"{name}.eml")
        log.info("mail written to %s", self._folder / f"{name}.eml")

    def _transmit(self, message: EmailMessage) -> None:
        settings = self._settings
        context = ssl.create_default_context()
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(timeout=TIMEOUT_S)
        # The host name for the certificate check: the constructor sets it only if it also connects.
        server._host = settings.host  # type: ignore[attr-defined]  # noqa: SLF001
        with _cut_off(server, self._whole_s):
            server.connect(settings.host, settings.port)
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.user:
                server.login(settings.user, settings.password)
            server.send_message(message)
            with suppress(
                OSError, smtplib.SMTPException
            ):  # the letter is taken: an error in QUIT must not send it again
                server.quit()


@contextmanager
def _cut_off(server: smtplib.SMTP, after_s: float) -> Iterator[None]:
    """End the conversation after `after_s`, even if each single answer came in time."""

    def cut() -> None:
        with suppress(OSError, AttributeError):  # already closed
            server.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    timer = Timer(after_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        server.close()


def _refusal(code: int, words: bytes | str) -> NotSent:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    text = f"{code} {' '.join(said.split())}"[:200]
    return Undeliverable(text) if 500 <= code < 600 else Postponed(text)
