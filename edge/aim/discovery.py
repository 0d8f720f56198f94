"""Cameras on the local network and their streams: a multicast probe, then queries to each that answers. Read-only."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from camera.redact import redact
from edge.aim import onvif
from edge.language import say

EVERYBODY = ("239.255.255.250", 3702)
LISTEN_S = 3.0
ONE_LISTEN_S = 1.0
REQUEST_S = 4.0
MOST_CAMERAS = 32
MOST_STREAMS = 8
PASSWORD_VARIABLE = "GATE_CAMERA_PASSWORD"


@dataclass(frozen=True, slots=True)
class Stream:
    uri: str
    """For `lane.camera`; without credentials."""
    name: str
    size: str


@dataclass(frozen=True, slots=True)
class FoundCamera:
    address: str
    name: str
    streams: tuple[Stream, ...] = ()
    trouble: str = ""
    """Why its streams are unknown."""

    def values(self) -> dict[str, Any]:
        return asdict(self)


def cameras(
    user: str = "", *, target: tuple[str, int] = EVERYBODY, listen_s: float = LISTEN_S
) -> tuple[FoundCamera, ...]:
    """Every camera that answers, by address. The password comes from the environment, never from the command line."""
    password = os.environ.get(PASSWORD_VARIABLE, "")
    heard = dict(answers(target, listen_s))
    return tuple(
        _camera_at(address, service, name, user, password) for address, (service, name) in sorted(heard.items())
    )


def streams_of(
    host: str, user: str, password: str, *, port: int = EVERYBODY[1], listen_s: float = ONE_LISTEN_S
) -> tuple[Stream, ...]:
    """The streams that the camera at `host` reports; none if it refuses or does not answer."""
    own = next(answers((host, port), listen_s), None)
    address, (service, name) = own or (host, (f"http://{host}/onvif/device_service", ""))
    return _camera_at(address, service, name, user, password).streams


def answers(target: tuple[str, int], listen_s: float) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yields (address, (service URL, name)). A service on another host than the one that answered is skipped."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        try:
            link.sendto(onvif.probe(), target)
        except OSError:  # no network, so no cameras on it
            return
        ends, count = time.monotonic() + listen_s, 0
        while (left := ends - time.monotonic()) > 0 and count < MOST_CAMERAS:
            link.settimeout(left)
            try:
                data, (address, _) = link.recvfrom(65535)
                services, name = onvif.matches(data)
            except TimeoutError:
                return
            except (OSError, onvif.NotOnvif):
                continue
            own = [one for one in services if _host(one) == address]
            if own:
                count += 1
                yield address, (own[0], name)


def _camera_at(address: str, service: str, name: str, user: str, password: str) -> FoundCamera:
    try:
        with httpx.Client(timeout=REQUEST_S, follow_redirects=False, trust_env=False, verify=False) as link:  # noqa: S501 - cameras sign their own
            return FoundCamera(address, name, tuple(_streams(link, address, service, user, password)))
    except _Refused:
        hint = say("имя и пароль камеры: --user ИМЯ, пароль в ${name}", name=PASSWORD_VARIABLE)
        return FoundCamera(address, name, trouble=hint)
    except (httpx.HTTPError, httpx.InvalidURL, onvif.NotOnvif) as error:
        return FoundCamera(address, name, trouble=redact(error)[:120])


class _Refused(Exception):
    """The camera rejects the user or password."""


def _streams(link: httpx.Client, address: str, service: str, user: str, password: str) -> Iterator[Stream]:
    at = onvif.told_time(_ask(link, service, onvif.envelope(onvif.TIME)))

    def signed(body: str) -> bytes:
        return onvif.envelope(
            body, user=user, password=password, at=at or datetime.now(UTC), nonce=secrets.token_bytes(16)
        )

    media = onvif.media_address(_ask(link, service, signed(onvif.CAPABILITIES)))
    if _host(media) != address:
        media = service  # some report an address in another network; the password goes to no other host
    for profile in onvif.profiles(_ask(link, media, signed(onvif.PROFILES)))[:MOST_STREAMS]:
        uri = onvif.told_uri(_ask(link, media, signed(onvif.stream_uri(profile.token))))
        yield Stream(redact(uri), profile.name, profile.size)


def _ask(link: httpx.Client, url: str, body: bytes) -> bytes:
    headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
    with link.stream("POST", url, content=body, headers=headers) as answer:
        data = bytearray()
        for part in answer.iter_bytes(65536):
            data += part
            if len(data) > onvif.MOST_BYTES:
                raise onvif.NotOnvif("too large")
    if answer.status_code in {401, 403} or b"NotAuthorized" in data:
        raise _Refused
    if answer.status_code >= 400:
        raise onvif.NotOnvif(f"HTTP {answer.status_code}")
    return bytes(data)


def _host(url: str) -> str:
    try:
        found = urlsplit(url)
    except ValueError:
        return ""
    return found.hostname or "" if found.scheme in {"http", "https"} else ""
