"""Tests the neighbours that are told of visits, and cameras that read plates: reachable, authorised, answering.

The config's credentials are used, since a broker that answers but refuses us is of no use. Nothing is published, sent
or opened: MQTT disconnects after the greeting, Telegram is asked only who the bot is, a webhook gets a HEAD.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from importlib.metadata import entry_points

import httpx

from core.words.system import system_words
from edge.config import GateConfig
from edge.doctor.finding import Finding
from edge.language import say
from edge.neighbours.mqtt_link import MqttLink
from edge.neighbours.plugins import GROUP
from edge.neighbours.seam import NeighbourFailed
from edge.runtime.status import GateStatus
from edge.witnesses.settings import Anpr
from edge.witnesses.stream import DIALECTS, first_answer

ASK_S = 6.0


def neighbours(config: GateConfig, running: GateStatus | None) -> Iterator[Finding]:
    """A finding for each neighbour in the config."""
    if config.mqtt.host:
        yield _mqtt(config)
    if config.metrics.port and running is not None:
        yield _metrics(config)
    if config.webhook.url:
        yield _webhook(config)
    if config.events.url:
        yield _events(config)
    if config.telegram.token:
        yield _telegram(config)
    yield from _plugins(config)
    yield from _cameras(config, running)
    for one in () if running is None else running.neighbours:
        if one.lost and not one.name.startswith("anpr:"):
            text = say("не успевает: пропущено известий {n}", n=one.lost)
            yield Finding(one.name, False, text, say("сеть до него или он сам медленны; счёт — с запуска gate run"))


def _mqtt(config: GateConfig) -> Finding:
    mqtt = config.mqtt
    where = f"{mqtt.host}:{mqtt.port}"
    try:
        link = MqttLink(
            (mqtt.host, mqtt.port),
            tls=mqtt.tls,
            client_id="okter-check",
            user=mqtt.user,
            password=mqtt.password,
            will_topic=f"{mqtt.prefix}/check",
            will=b"",
        )
    except NeighbourFailed as error:
        cure = say("mqtt.user и mqtt.password_file; пускает ли брокер этого пользователя")
        return Finding("mqtt", False, f"{where}: {error}", cure)
    except ssl.SSLError as error:
        cure = say("mqtt.tls и mqtt.port вместе: обычно 8883 с TLS, 1883 без; сертификат брокера")
        return Finding("mqtt", False, f"{where}: {error.reason or error}", cure)
    except OSError as error:
        return Finding("mqtt", False, f"{where}: {_failure_words(error)}", _network(error, "mqtt.host, mqtt.port"))
    over = threading.Event()
    over.set()
    try:
        link.listen(over, lambda _: None)
    except OSError as error:
        return Finding("mqtt", False, f"{where}: {_failure_words(error)}", _network(error, "mqtt.host, mqtt.port"))
    finally:
        link.close()
    return Finding("mqtt", True, where)


def _metrics(config: GateConfig) -> Finding:
    url = f"http://{config.metrics.host}:{config.metrics.port}/metrics"
    code, why = _status_of("GET", url)
    cure = say("порт занят другим: metrics.port; подробности: journalctl -u okter-gate")
    return Finding("metrics", code == 200, url if code == 200 else f"{url}: {why}", "" if code == 200 else cure)


def _webhook(config: GateConfig) -> Finding:
    """Any answer except 404 and server errors proves that it is there. Whether we may POST only a real visit shows."""
    host = httpx.URL(config.webhook.url).host
    code, why = _status_of("HEAD", config.webhook.url)
    if code is not None and (code < 500 or code == 501) and code != 404:  # 501: it only supports POST
        return Finding("webhook", True, f"{host}: HTTP {code}")
    cures = {None: say("webhook.url, сеть, сертификат получателя"), 404: say("по этому адресу никого: webhook.url")}
    cure = cures.get(code, say("получатель неисправен; визиты ждут его в журнале"))
    return Finding("webhook", False, f"{host}: {why}", cure)


def _events(config: GateConfig) -> Finding:
    """Whether it is there and lets us in. Whether it accepts our events only the first plate shows."""
    events, host = config.events, httpx.URL(config.events.url).host
    auth = httpx.DigestAuth(events.user, events.password) if events.user else None
    code, why = _status_of("HEAD", events.url, auth)
    if code in {401, 403}:
        return Finding("events", False, f"{host}: {why}", say("не пускает: events.user и events.password_file"))
    if code is not None and (code < 500 or code == 501):
        return Finding("events", True, f"{host}: HTTP {code}")
    return Finding("events", False, f"{host}: {why}", say("events.url, сеть: регистратор включён и слушает там?"))


def _telegram(config: GateConfig) -> Finding:
    telegram = config.telegram
    code, why = _status_of("GET", f"{telegram.api.rstrip('/')}/bot{telegram.token}/getMe")
    if code == 200:
        return Finding("telegram", True, say("ключ бота подходит, чатов {n}", n=len(telegram.chats)))
    if code in {401, 404}:
        cure = say("ключ бота не подходит: возьмите новый у @BotFather, положите в telegram.token_file")
        return Finding("telegram", False, f"HTTP {code}", cure)
    return Finding("telegram", False, why, say("нет пути к Telegram: сеть, прокси, telegram.api"))


def _plugins(config: GateConfig) -> Iterator[Finding]:
    installed = {point.name: point for point in entry_points(group=GROUP)} if config.neighbours.plugins else {}
    for name in config.neighbours.plugins:
        part, point = say("расширение"), installed.get(name)
        if point is None:
            known = ", ".join(sorted(installed)) or "—"
            cure = say("установите его в окружение шлюза; установлены: {known}", known=known)
            yield Finding(part, False, say("{name}: не установлено", name=name), cure)
            continue
        try:
            point.load()
        except Exception as error:  # noqa: BLE001 - third-party code
            cure = say("обновите расширение или уберите его из neighbours.plugins")
            yield Finding(part, False, f"{name}: {type(error).__name__}: {error}"[:200], cure)
        else:
            yield Finding(part, True, name)


def _cameras(config: GateConfig, running: GateStatus | None) -> Iterator[Finding]:
    told = {} if running is None else {one.name: one.trouble for one in running.neighbours}
    for lane in config.lanes:
        if lane.anpr is Anpr.OFF:
            continue
        part = f"anpr {lane.name}"
        dialect = DIALECTS.get(lane.anpr)
        trouble = told.get(f"anpr:{lane.name}")
        if trouble is None and dialect is not None:
            trouble = first_answer(lane.anpr_url, dialect)
        if trouble is None:  # it pushes to a gate that is not running
            yield Finding(part, True, say("события примет gate run"))
        elif trouble:
            cure = say("камера: включено ли распознавание и его события, NTP; anpr, anpr_url этого проезда")
            yield Finding(part, False, trouble, cure)
        else:
            yield Finding(part, True, lane.anpr.value)


def _status_of(method: str, url: str, auth: httpx.Auth | None = None) -> tuple[int | None, str]:
    """The status code, or what went wrong, in words without the address: that may contain a token."""
    try:
        with httpx.Client(timeout=ASK_S, follow_redirects=False, trust_env=False) as client:
            code = client.request(method, url, auth=auth).status_code
    except httpx.HTTPError as error:
        cause = error.__cause__ or error.__context__
        reason = cause.__cause__ or cause.__context__ if cause is not None else None
        known = next((one for one in (reason, cause) if isinstance(one, OSError)), None)
        return None, _failure_words(known) if known is not None else type(error).__name__
    return code, f"HTTP {code}"


def _failure_words(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return say("имя не найдено")
    return say("не отвечает в срок") if isinstance(error, TimeoutError) else system_words(error)


def _network(error: OSError, keys: str) -> str:
    if isinstance(error, socket.gaierror):
        return say("имя в сети не найдено: {keys}, DNS", keys=keys)
    if isinstance(error, ConnectionRefusedError):
        return say("там никто не слушает: запущен ли он, верны ли {keys}", keys=keys)
    return say("нет пути в сеть: кабель, брандмауэр, {keys}", keys=keys)
