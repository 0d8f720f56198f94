"""The settings of `okter serve`. Every one has a default for local use. Secrets come from files or the environment."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from cloud.calls.ice import IceSettings
from cloud.directory.settings import DirectorySettings
from cloud.pictures.settings import BucketSettings
from cloud.telegram.settings import TelegramSettings
from core.words.language import say
from core.words.system import system_words
from posting.reach import Network

EVENTS_A_DAY, PICTURES_MB_A_DAY = 100_000, 5000
SHORTEST_SECRET = 32
MOST_ICE_SERVERS = 8
SECRET_FILE = "secret.key"  # the name of the file, not what is in it


class SettingsInvalid(ValueError):
    """An invalid setting. The message names it and says what is allowed."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The SMTP server for mail. Without a host, each message is written to a file in `DIR/mail/`."""

    host: str = ""
    port: int = 587
    security: str = "starttls"  # starttls | tls | none
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = "OKter <okter@localhost>"


@dataclass(frozen=True, slots=True)
class OperatorDetails:
    """The operator responsible for personal data, as named in the privacy policy. Without a name, it names none."""

    name: str = ""
    inn: str = ""
    address: str = ""
    email: str = ""

    def __bool__(self) -> bool:
        return bool(self.name)


@dataclass(frozen=True, slots=True)
class Quota:
    """What one gate may send in a day, to all workers and hosts together. Beyond that it must wait."""

    events: int = EVENTS_A_DAY
    picture_bytes: int = PICTURES_MB_A_DAY * 10**6


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one portal."""

    data_dir: Path
    database_url: str
    public_url: str
    """Scheme, host and port of the links sent by mail, without a slash at the end."""
    secret: bytes = field(repr=False)
    """Signs CSRF tokens."""
    mail: MailSettings = field(default_factory=MailSettings)
    quota: Quota = field(default_factory=Quota)
    nats: str = field(default="", repr=False)
    """Addresses of the NATS servers that carry push notices between workers; empty = the database carries them."""
    bucket: BucketSettings | None = None
    """The bucket for pictures; None = files in the data folder."""
    directory: DirectorySettings | None = None
    """The directory of territories in other cells; None = this portal is the only cell."""
    move_key: str = ""
    """The public key with which gates verify a redirect to another cell; empty = none."""
    operator: OperatorDetails = field(default_factory=OperatorDetails)
    """The operator of the portal itself. Each territory has its own."""
    private_receivers: tuple[Network, ...] = ()
    """Private networks that the portal may post to. Otherwise it posts only to public addresses."""

    ice: IceSettings = field(default_factory=IceSettings)
    """The STUN and TURN servers for calls; without any, calls work only within one network."""
    telegram: TelegramSettings | None = None
    """The bot for notifications; None = Telegram is not offered anywhere."""

    @property
    def secure(self) -> bool:
        """Whether people reach the portal through TLS. If so, it uses secure cookies and HSTS."""
        return self.public_url.startswith("https://")


def public_url(url: str) -> str:
    """A checked address for links: scheme, host and port only. Raises SettingsInvalid."""
    try:
        parts = urlsplit(url.rstrip("/"))
        host, _port = parts.hostname, parts.port
    except ValueError:  # a bracket that does not close, a port beyond 65535
        host = None
    if not host or parts.scheme not in {"http", "https"} or parts.path or parts.query:
        raise SettingsInvalid(say("OKTER_PUBLIC_URL: {url!r}: нужен адрес вида https://okter.example.ru", url=url))
    return f"{parts.scheme}://{parts.netloc}"


def shared_secret(data_dir: Path, environment: Mapping[str, str]) -> bytes:
    """The key from `OKTER_SECRET_FILE` or `OKTER_SECRET`, shared by several hosts; without them, `server_secret`.

    A host accepts a form rendered by another host only if both have the same key.
    """
    if named := environment.get("OKTER_SECRET_FILE"):
        try:
            found = Path(named).read_bytes().strip()
        except OSError as error:
            raise SettingsInvalid(f"OKTER_SECRET_FILE: {named}: {system_words(error)}") from error
        source = "OKTER_SECRET_FILE"
    elif "OKTER_SECRET" in environment:
        found, source = environment["OKTER_SECRET"].encode().strip(), "OKTER_SECRET"
    else:
        return server_secret(data_dir)
    if len(found) < SHORTEST_SECRET:
        raise SettingsInvalid(
            say(
                "{source}: ключ короче {least} знаков; новый даёт openssl rand -hex 32",
                source=source,
                least=SHORTEST_SECRET,
            )
        )
    return found


def server_secret(data_dir: Path) -> bytes:
    """The portal's own key, created at the first start and readable only by its owner."""
    path = data_dir / SECRET_FILE
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    fresh = secrets.token_bytes(32)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another worker created it first
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(fresh)
    return fresh


def trusted_proxies(named: str) -> str:
    """The checked list of proxies whose `X-Forwarded-For` is trusted: addresses and networks, separated by commas.

    A trusted proxy can claim any client address, so «*» is rejected: the operator must name their own proxies.
    """
    found = [part.strip() for part in named.split(",") if part.strip()]
    for part in found:
        try:
            ipaddress.ip_network(part)
        except ValueError:
            raise SettingsInvalid(
                say(
                    "OKTER_TRUSTED_PROXIES: {part!r}: нужны адреса или сети через запятую, например 127.0.0.1,10.0.0.0/8",
                    part=part,
                )
            ) from None
    return ",".join(found)


def nats_servers(environment: Mapping[str, str]) -> str:
    """`OKTER_NATS_URL`: one address or several, separated by commas. Requires the NATS library."""
    named = environment.get("OKTER_NATS_URL", "").strip()
    for address in named.split(",") if named else ():
        try:
            parts = urlsplit(address)
            good = parts.scheme in {"nats", "tls"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good:  # the message must not repeat it: it may contain a password
            raise SettingsInvalid(say("OKTER_NATS_URL: нужны адреса вида nats://127.0.0.1:4222, через запятую"))
    if named and find_spec("nats") is None:
        raise SettingsInvalid(say("OKTER_NATS_URL: нужна библиотека: pip install 'okter-gate[cloud,nats]'"))
    return named


INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def well_formed_inn(inn: str) -> bool:
    """Whether an ИНН (taxpayer number) has 10 or 12 digits and valid check digits (ФНС order of 29.06.2012, annex 1)."""
    if not (inn.isascii() and inn.isdecimal() and len(inn) in {10, 12}):
        return False
    digits = [int(char) for char in inn]
    return all(
        sum(weight * digit for weight, digit in zip(INN_WEIGHTS[-place:], digits, strict=False)) % 11 % 10
        == digits[place]
        for place in ((9,) if len(inn) == 10 else (10, 11))
    )


def operator_details(environment: Mapping[str, str]) -> OperatorDetails:
    """`OKTER_OPERATOR_NAME`, `_INN`, `_ADDRESS`, `_EMAIL`: all four or none."""
    names = ("NAME", "INN", "ADDRESS", "EMAIL")
    told = [" ".join(environment.get(f"OKTER_OPERATOR_{name}", "").split()) for name in names]
    if any(told) and not all(told):
        missing = next(name for name, text in zip(names, told, strict=True) if not text)
        raise SettingsInvalid(
            say("OKTER_OPERATOR_{missing}: в политике нужны все четыре: NAME, INN, ADDRESS, EMAIL", missing=missing)
        )
    if told[1] and not well_formed_inn(told[1]):
        raise SettingsInvalid(
            say("OKTER_OPERATOR_INN: {typed!r}: ИНН — 10 или 12 цифр с верными контрольными", typed=told[1])
        )
    return OperatorDetails(*told)


def private_receivers(named: str) -> tuple[Network, ...]:
    """`OKTER_PRIVATE_RECEIVERS`: private networks to which webhooks may be sent, separated by commas."""
    found = []
    for part in (part.strip() for part in named.split(",")):
        try:
            found += [ipaddress.ip_network(part)] if part else []
        except ValueError:
            raise SettingsInvalid(
                say(
                    "OKTER_PRIVATE_RECEIVERS: {part!r}: нужны адреса или сети через запятую, например 10.0.0.0/8",
                    part=part,
                )
            ) from None
    return tuple(found)


def ice_settings(environment: Mapping[str, str]) -> IceSettings:
    """`OKTER_ICE_SERVERS`: addresses separated by commas. The TURN secret is in the file `OKTER_TURN_SECRET_FILE`."""
    urls = tuple(part.strip() for part in environment.get("OKTER_ICE_SERVERS", "").split(",") if part.strip())
    wrong = next(
        (url for url in urls if not re.fullmatch(r"(stuns?|turns?):[\w.\-\[\]:]+(\?transport=(udp|tcp))?", url)), None
    )
    if wrong is not None or len(urls) > MOST_ICE_SERVERS:
        raise SettingsInvalid(
            say("OKTER_ICE_SERVERS: нужны адреса вида stun:host:3478 или turn:host:3478, не больше 8")
        )
    file, secret = environment.get("OKTER_TURN_SECRET_FILE", ""), ""
    if file:
        try:
            secret = Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsInvalid(f"OKTER_TURN_SECRET_FILE: {file}: {system_words(error)}") from error
    if any(url.startswith("turn") for url in urls) and not secret:
        raise SettingsInvalid(
            say("OKTER_TURN_SECRET_FILE: для turn: нужен файл с общим секретом (coturn: static-auth-secret)")
        )
    return IceSettings(urls, secret)


def quota_settings(environment: Mapping[str, str]) -> Quota:
    """`OKTER_QUOTA_EVENTS` and `OKTER_QUOTA_PICTURES_MB`, both per gate and day."""
    found = {}
    for name, default in (("OKTER_QUOTA_EVENTS", EVENTS_A_DAY), ("OKTER_QUOTA_PICTURES_MB", PICTURES_MB_A_DAY)):
        typed = environment.get(name, str(default))
        if not typed.isdecimal() or not 0 < int(typed) < 10**9:
            raise SettingsInvalid(say("{name}: {typed!r}: нужно целое число больше нуля", name=name, typed=typed))
        found[name] = int(typed)
    return Quota(found["OKTER_QUOTA_EVENTS"], found["OKTER_QUOTA_PICTURES_MB"] * 10**6)


def mail_settings(environment: Mapping[str, str]) -> MailSettings:
    """SMTP settings from `OKTER_SMTP_*`. The password is in the file `OKTER_SMTP_PASSWORD_FILE`, or else in the variable."""
    security = environment.get("OKTER_SMTP_SECURITY", "starttls")
    if security not in {"starttls", "tls", "none"}:
        raise SettingsInvalid(
            say("OKTER_SMTP_SECURITY: {security!r}: бывает starttls, tls или none", security=security)
        )
    port = environment.get("OKTER_SMTP_PORT", "465" if security == "tls" else "587")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsInvalid(say("OKTER_SMTP_PORT: {port!r}: нужно число от 1 до 65535", port=port))
    password = environment.get("OKTER_SMTP_PASSWORD", "")
    if file := environment.get("OKTER_SMTP_PASSWORD_FILE"):
        try:
            password = Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsInvalid(f"OKTER_SMTP_PASSWORD_FILE: {file}: {system_words(error)}") from error
    return MailSettings(
        host=environment.get("OKTER_SMTP_HOST", ""),
        port=int(port),
        security=security,
        user=environment.get("OKTER_SMTP_USER", ""),
        password=password,
        sender=environment.get("OKTER_MAIL_FROM", "OKter <okter@localhost>"),
    )
