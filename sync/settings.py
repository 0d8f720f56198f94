"""`[cloud]`: the address of the OKter cloud, time-outs, pauses and limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from core.setting import setting
from core.words.language import say

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class CloudSettings:
    url: str | None = setting(
        None,
        help_ru="Адрес облака ОКтер (https://…); нет ключа — работает только местный список",
        help_en="Address of the OKter cloud (https://…); absent = local list only",
    )
    ca_file: Path | None = setting(
        None,
        help_ru="Сертификаты своего центра (PEM) вместо общеизвестных; проверка сертификата не отключается",
        help_en="Certificates of a private authority (PEM) instead of the public ones; checking cannot be switched off",
    )
    poll_s: float = setting(
        30.0,
        help_ru="Как часто спрашивать изменения списка, если облако молчит",
        help_en="How often to ask for changes of the list while the cloud is silent",
        low=1.0,
        high=3600.0,
        unit="s",
    )
    poll_push_s: float = setting(
        300.0,
        help_ru="Как часто всё-таки спрашивать, пока облако само извещает об изменениях; от этого срока до полутора таких",
        help_en="How often to ask all the same while the cloud tells of changes by itself; from so long to half as much again",
        low=1.0,
        high=3600.0,
        unit="s",
    )
    health_s: float = setting(
        60.0,
        help_ru="Как часто сообщать облаку о состоянии шлагбаума",
        help_en="How often to report the state of the gate",
        low=5.0,
        high=3600.0,
        unit="s",
    )
    update_s: float = setting(
        900.0,
        help_ru="Как часто спрашивать об обновлении программы, если [update] from_cloud разрешает его",
        help_en="How often to ask for an update of the program, where [update] from_cloud allows one",
        low=1.0,
        high=86400.0,
        unit="s",
    )
    connect_s: float = setting(
        5.0, help_ru="Срок на соединение", help_en="Time allowed to connect", low=0.5, high=60.0, unit="s"
    )
    request_s: float = setting(
        30.0,
        help_ru="Срок на весь запрос, от первого байта до последнего",
        help_en="Time allowed for a whole request, first byte to last",
        low=1.0,
        high=300.0,
        unit="s",
    )
    silence_s: float = setting(
        45.0,
        help_ru="Сколько поток извещений может молчать, прежде чем открыть его заново (облако пишет каждые 15 с)",
        help_en="How long the stream may be silent before it is opened anew (the cloud writes every 15 s)",
        low=5.0,
        high=300.0,
        unit="s",
    )
    retry_low_s: float = setting(
        1.0, help_ru="Первая пауза после сбоя", help_en="First pause after a failure", low=0.05, high=60.0, unit="s"
    )
    retry_high_s: float = setting(
        300.0, help_ru="Наибольшая пауза после сбоя", help_en="Longest pause after failures", low=1, high=3600, unit="s"
    )
    reenrol_s: float = setting(
        3600.0,
        help_ru="Пауза, когда облако не узнаёт шлагбаум (401, 403): список остаётся, нужна новая привязка",
        help_en="Pause when the cloud does not know the gate (401, 403): the list stays, enrol again",
        low=1.0,
        high=86400.0,
        unit="s",
    )
    body_bytes: int = setting(
        2_000_000,
        help_ru="Наибольший ответ облака после распаковки",
        help_en="Largest answer of the cloud, decompressed",
        low=10_000,
        high=50_000_000,
        unit="B",
    )
    outbox_bytes: int = setting(
        500_000_000,
        help_ru="Сколько места могут занять неотправленные события и снимки; лишнее теряют сначала снимки, потом "
        "события, начиная со старых",
        help_en="Space for events and snapshots not yet sent; over it snapshots go before events, oldest first",
        low=1_000_000,
        high=100_000_000_000,
        unit="B",
    )
    token: str | None = setting(
        None,
        help_ru="Ключ устройства; обычно его пишет `gate enroll` в state_dir",
        help_en="Device token; `gate enroll` usually writes it into state_dir",
        secret=True,
    )

    def problems(self) -> tuple[tuple[str, str], ...]:
        """Problems across keys: pairs of the key and a sentence."""
        found = []
        if self.url is not None and (why := url_problem(self.url)):
            found.append(("url", why))
        if self.retry_high_s < self.retry_low_s:
            found.append(("retry_high_s", say("не меньше retry_low_s")))
        return tuple(found)


def url_problem(url: str) -> str | None:
    """Why `url` cannot be the cloud's address, or None. Plain HTTP is only allowed to this machine."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return say("не адрес; нужно https://имя[:порт]")
    if parts.scheme not in {"http", "https"} or not host:
        return say("нужно https://имя[:порт]")
    if parts.scheme == "http" and host not in LOOPBACK:
        return say("нужно https:// (http:// — только для 127.0.0.1 и localhost)")
    if parts.username or parts.query or parts.fragment:
        return say("только https://имя[:порт][/путь], без пароля, ? и #")
    return None
