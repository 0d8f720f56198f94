"""Mail: through SMTP, or into files where no server is named. Sent after the response, so that nobody can time it."""

from __future__ import annotations

import logging
import os
import smtplib
import ssl
import time
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from secrets import token_hex

from cloud.settings import MailSettings

TIMEOUT_S = 20.0
ATTEMPTS = 3
log = logging.getLogger(__name__)


def compose(*, sender: str, to: str, subject: str, text: str, plain: bool) -> EmailMessage:
    """A plain-text message; line breaks cannot reach its headers. `plain` keeps the body readable as a file."""
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
    """Sends messages; `send` never raises, a message that cannot be sent is logged by its subject."""

    def __init__(self, settings: MailSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder

    def send(self, *, to: str, subject: str, text: str) -> None:
        message = compose(
            sender=self._settings.sender, to=to, subject=subject, text=text, plain=not self._settings.host
        )
        if not self._settings.host:
            self._write(message)
            return
        for attempt in range(ATTEMPTS):
            try:
                self._transmit(message)
            except (OSError, smtplib.SMTPException) as error:
                log.warning("mail %r not sent (%s of %s): %s", subject, attempt + 1, ATTEMPTS, type(error).__name__)
                time.sleep(2.0 * attempt)
            else:
                return

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
            server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
        with server:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.user:
                server.login(settings.user, settings.password)
            server.send_message(message)
