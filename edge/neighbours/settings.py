"""Tables `[mqtt]`, `[metrics]`, `[webhook]`, `[events]`, `[telegram]`, `[web_push]`, `[neighbours]`; off by default."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from core.passes.schedule import ScheduleInvalid, written
from core.setting import setting
from core.words.language import say


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """`[mqtt]`."""

    host: str = setting(
        "",
        help_ru="адрес брокера MQTT (Home Assistant); пусто — выключено",
        help_en="address of the MQTT broker (Home Assistant); empty = off",
    )
    port: int = setting(1883, low=1, high=65535, help_ru="порт брокера", help_en="port of the broker")
    tls: bool = setting(False, help_ru="шифровать связь с брокером", help_en="encrypt the connection to the broker")
    user: str = setting("", help_ru="имя пользователя брокера", help_en="user name at the broker")
    password: str = setting(
        "",
        secret=True,
        help_ru="пароль брокера; лучше password_file",
        help_en="password at the broker; better password_file",
    )
    prefix: str = setting("okter", help_ru="начало всех тем", help_en="what every topic begins with")
    discovery: str = setting(
        "homeassistant",
        help_ru="где Home Assistant ищет устройства; пусто — не объявлять",
        help_en="where Home Assistant looks for devices; empty = no discovery",
    )
    buttons: bool = setting(
        False,
        help_ru="кнопки «открыть», «держать», «отпустить»: откроет всякий, кого брокер пустит писать в тему команд",
        help_en="buttons open, hold, release: whoever the broker lets write to the command topics opens the barrier",
    )
    hold_minutes: int = setting(
        10, low=1, high=240, unit="min", help_ru="сколько держит кнопка «держать»", help_en="how long the button holds"
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys that do not go together."""
        found = [
            (name, say("без знаков + и #"))
            for name, text in (("prefix", self.prefix), ("discovery", self.discovery))
            if any(sign in text for sign in "+#\0")
        ]
        if not self.prefix:
            found.append(("prefix", say("не должно быть пустым")))
        if self.buttons and self.host and not self.user and not _is_loopback(self.host):
            found.append(("buttons", say("кнопки требуют user и password_file: иначе откроет кто угодно в сети")))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """`[metrics]`."""

    port: int = setting(
        0,
        low=0,
        high=65535,
        help_ru="порт страницы /metrics для Prometheus; 0 — выключено",
        help_en="port of the page /metrics for Prometheus; 0 = off",
    )
    host: str = setting(
        "127.0.0.1",
        help_ru="на каком адресе она отвечает; номеров машин на ней нет",
        help_en="address it listens on; it shows no plates",
    )


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """`[webhook]`."""

    url: str = setting(
        "",
        help_ru="куда сообщать о каждом визите (POST JSON); пусто — выключено",
        help_en="whom to tell of every visit (POST JSON); empty = off",
    )
    secret: str = setting(
        "",
        secret=True,
        help_ru="ключ подписи HMAC-SHA256; лучше secret_file",
        help_en="key of the HMAC-SHA256 signature; better secret_file",
    )
    timeout_s: float = setting(
        10.0, low=1.0, high=120.0, unit="s", help_ru="срок на один запрос", help_en="time for one request"
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys that do not go together."""
        if not self.url:
            return ()
        found = []
        if not is_safe_url(self.url):
            found.append(("url", say("нужно https://…; http:// — только для адресов вида 192.168.1.10 своей сети")))
        if not self.secret:
            found.append(("secret", say("нужен secret_file: файл с ключом подписи")))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class EventsSettings:
    """`[events]`."""

    url: str = setting(
        "",
        help_ru="куда слать прочитанные номера как события камеры (ISAPI, ANPR): видеорегистратор; пусто — выключено",
        help_en="whom to send plates to as a camera's events (ISAPI, ANPR): a recorder; empty = off",
    )
    user: str = setting(
        "", help_ru="имя пользователя получателя (проверка digest)", help_en="user name there (digest authentication)"
    )
    password: str = setting(
        "",
        secret=True,
        help_ru="пароль получателя; лучше password_file",
        help_en="password there; better password_file",
    )
    pictures: bool = setting(True, help_ru="прикладывать снимок", help_en="send the picture along")
    timeout_s: float = setting(
        10.0, low=1.0, high=120.0, unit="s", help_ru="срок на один запрос", help_en="time for one request"
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys that do not go together."""
        if self.url and not is_safe_url(self.url):
            return (("url", say("нужно https://…; http:// — только для адресов вида 192.168.1.10 своей сети")),)
        return ()


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """`[telegram]`."""

    token: str = setting(
        "",
        secret=True,
        help_ru="ключ бота от @BotFather; лучше token_file; пусто — выключено",
        help_en="the bot's token from @BotFather; better token_file; empty = off",
    )
    chats: tuple[int, ...] = setting(
        (),
        help_ru="номера чатов, которым писать и которые могут открыть; чужие не услышаны",
        help_en="ids of the chats to tell, and which may open; others are not heard",
    )
    buttons: bool = setting(
        True,
        help_ru="кнопка «Открыть» под известием о машине, которая ждёт",
        help_en="the button Open below the news of a car that waits",
    )
    quiet: str = setting(
        "",
        help_ru="когда не сообщать о тех, кто ждёт: 23-7, «будни 22–6»; неисправности сообщаются всегда",
        help_en="when nobody who waits is told of: 23-7, weekdays 22-6; faults are told always",
    )
    api: str = setting(
        "https://api.telegram.org", help_ru="адрес сервера Telegram", help_en="address of the Telegram server"
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys that do not go together."""
        found = []
        if self.token and not self.chats:
            found.append(("chats", say("перечислите чаты: chats = [123456789]")))
        if not is_safe_url(self.api):
            found.append(("api", say("нужно https://…; http:// — только для адресов вида 192.168.1.10 своей сети")))
        try:
            written(self.quiet, ZoneInfo("UTC"))
        except ScheduleInvalid as error:
            found.append(("quiet", str(error)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class WebPushSettings:
    """`[web_push]`."""

    on: bool = setting(
        False,
        help_ru="уведомления браузерам страницы охраны; шлюзу нужен выход к их серверам (Google, Mozilla, Apple, Яндекс)",
        help_en="notices to browsers of the guard's page; the gate must reach their servers (Google, Mozilla, Apple)",
    )
    contact: str = setting(
        "",
        help_ru="кому эти серверы могут написать: mailto:вы@example.ru или https://… (RFC 8292)",
        help_en="whom those servers may write to: mailto:you@example.org or https://… (RFC 8292)",
    )
    quiet: str = setting(
        "",
        help_ru="когда не сообщать о тех, кто ждёт: 23-7, «будни 22–6»; неисправности сообщаются всегда",
        help_en="when nobody who waits is told of: 23-7, weekdays 22-6; faults are told always",
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Keys that do not go together."""
        found = []
        named = self.contact.removeprefix("mailto:").partition("@")[2] or self.contact.removeprefix("https://")
        if self.on and not (self.contact.startswith(("mailto:", "https://")) and named and self.contact.isascii()):
            found.append(("contact", say("нужен адрес для служб уведомлений: mailto:вы@example.ru или https://…")))
        try:
            written(self.quiet, ZoneInfo("UTC"))
        except ScheduleInvalid as error:
            found.append(("quiet", str(error)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class NeighbourSettings:
    """`[neighbours]`."""

    plugins: tuple[str, ...] = setting(
        (),
        help_ru="сторонние расширения, которым можно рассказывать (имена из okter_gate.neighbours)",
        help_en="plug-ins that may be told (names of the group okter_gate.neighbours)",
    )


def is_safe_url(url: str) -> bool:
    """HTTPS, or plain HTTP to a literal address in a private network."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and (_is_loopback(host) or _is_private(host)))


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"}


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
