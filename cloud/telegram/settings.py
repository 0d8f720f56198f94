"""The portal's bot, from the environment. Without a token there is no bot, and no page mentions Telegram."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from core.words.language import say
from core.words.system import system_words
from posting.telegram import TELEGRAM

TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{10,100}")


class TelegramInvalid(ValueError):
    """A setting that cannot be used; the message names it and never the token."""


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """The bot's token from @BotFather, and the Bot API server."""

    token: str = field(repr=False)
    address: str = TELEGRAM


def telegram_settings(environment: Mapping[str, str]) -> TelegramSettings | None:
    """From `OKTER_TELEGRAM_TOKEN_FILE`, else `OKTER_TELEGRAM_TOKEN`; None if neither is set. Raises TelegramInvalid.

    `OKTER_TELEGRAM_API`: address of one's own Bot API server, if any.
    """
    named, token = environment.get("OKTER_TELEGRAM_TOKEN_FILE", ""), environment.get("OKTER_TELEGRAM_TOKEN", "")
    if named:
        try:
            token = Path(named).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            said = system_words(error) if isinstance(error, OSError) else say("это не текст")
            raise TelegramInvalid(f"OKTER_TELEGRAM_TOKEN_FILE: {named}: {said}") from None
    source = "OKTER_TELEGRAM_TOKEN_FILE" if named else "OKTER_TELEGRAM_TOKEN"
    token = token.strip()
    if not token and not named:
        return None
    if not TOKEN.fullmatch(token):  # it may be nearly the token, so the message does not repeat it
        raise TelegramInvalid(say("{source}: нужен ключ бота от @BotFather вида 123456:ABC…", source=source))
    return TelegramSettings(token, _address(environment.get("OKTER_TELEGRAM_API", "") or TELEGRAM))


def _address(typed: str) -> str:
    """The token is sent there, so only https is allowed, or http to a literal private address or `localhost`."""
    try:
        parts = urlsplit(typed.rstrip("/"))
        plain = parts.port != 0 and parts.username is None and not parts.query and not parts.fragment
        good = (
            plain
            and bool(parts.hostname)
            and (parts.scheme == "https" or (parts.scheme == "http" and _own(parts.hostname)))
        )
    except ValueError:
        good = False
    if not good or not typed.isascii() or not typed.isprintable() or " " in typed:
        raise TelegramInvalid(say("OKTER_TELEGRAM_API: нужен адрес вида https://telegram.example.ru"))
    return typed.rstrip("/")


def _own(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_private
    except ValueError:
        return host == "localhost"
