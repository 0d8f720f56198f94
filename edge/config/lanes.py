"""A `[[lane]]`: its own keys, the `[camera]` keys that it overrides, and its complete camera address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from camera.settings import CameraSettings
from edge.config.keys import keys_of
from edge.config.problems import KeyPath, Report
from edge.config.schema import Lane
from edge.config.secrets import Secret, SecretPlaces
from edge.config.settings import LaneSettings
from edge.config.table import read_table
from edge.language import say
from edge.witnesses.settings import Anpr

_URL_SCHEMES = ("rtsp", "rtsps", "http", "https")
_DEVICE = re.compile(r"/dev/\S+|csi:\d+")
FILE_SCHEME = "file:"
_SPLIT_PASSWORD = re.compile(r"\w+://[^@/?#]*:[^@/?#]*[#/?][^@]*@")
_BARE_ADDRESS = re.compile(r"(\d{1,3}(\.\d{1,3}){3}|[\w-]+(\.[\w-]+)+)(:\d+)?(/\S*)?")
_VIDEOS = (".mp4", ".mkv", ".avi", ".mov", ".ts")


def read_lane(
    raw: Mapping[str, object], *, at: int, camera: CameraSettings | None, report: Report, secrets: SecretPlaces
) -> Lane | None:
    """The lane, or None if a problem was reported. `camera`: the settings for all lanes, if they could be read."""
    where: KeyPath = ("lane", at)
    view_keys = keys_of(CameraSettings)
    before = len(report.problems)
    settings = read_table(LaneSettings, raw, where=where, report=report, secrets=secrets, foreign=list(view_keys))
    changed = {name: value for name, value in raw.items() if name in view_keys}
    own_view = read_table(CameraSettings, changed, where=where, report=report, secrets=secrets)
    if settings is None or own_view is None or len(report.problems) > before:
        return None
    source = _camera_address(settings, settings.camera, where=(*where, "camera"), report=report)
    small: str | None = ""
    if settings.sub_camera.strip():
        small = _camera_address(settings, settings.sub_camera, where=(*where, "sub_camera"), report=report)
    if source is None or small is None:
        return None
    if small and urlsplit(source).scheme not in _URL_SCHEMES:
        report.add((*where, "sub_camera"), say("малый поток бывает только у сетевой камеры"))
        return None
    anpr_url = _anpr_address(settings, source, where=where, report=report)
    if anpr_url is None:
        return None
    view = replace(camera or own_view, **{name: getattr(own_view, name) for name in changed})
    return Lane(
        settings.name,
        settings.direction,
        source,
        settings.barrier,
        view,
        settings.approach,
        settings.title.strip(),
        small,
        settings.anpr,
        anpr_url,
    )


def _camera_address(settings: LaneSettings, address: str, *, where: KeyPath, report: Report) -> str | None:
    """The address as `camera.opening` takes it: a file's path made absolute, user and password put into a URL."""
    address = address.strip()
    if address.startswith(FILE_SCHEME):
        path = (report.file.parent / Path(address.removeprefix(FILE_SCHEME)).expanduser()).resolve()
        return f"{FILE_SCHEME}{path}"
    if _DEVICE.fullmatch(address):
        return address
    if _SPLIT_PASSWORD.match(address):  # the rest of the password would be read as a path or a fragment
        report.add(
            where,
            say("пароль со знаками # / ? в адресе не пишется: перенесите его в camera_user и camera_password_file"),
        )
        return None
    try:
        url = urlsplit(address)
        usable = url.scheme in _URL_SCHEMES and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        allowed = "rtsp://…, http://…, /dev/videoN, csi:N, file:…"
        meant = _meant(address)
        cure = say("; нужно так: {meant}", meant=meant) if meant else ""
        report.add(where, say("не понять, что за камера; можно: {allowed}", allowed=allowed) + cure)
        return None
    if not settings.camera_user and not settings.camera_password:
        return Secret(address) if url.password else address
    user = settings.camera_user or url.username or "admin"
    return _with_login(url, user, settings.camera_password or url.password or "")


def _with_login(url: SplitResult, user: str, password: str) -> str:
    """`url` with this login in place of its own; secret, because it holds the password. Without a user it has none."""
    host = url.netloc.rpartition("@")[2]
    if not user:
        return urlunsplit(url._replace(netloc=host))
    return Secret(urlunsplit(url._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}")))


def _anpr_address(settings: LaneSettings, source: str, *, where: KeyPath, report: Report) -> str | None:
    """Address of the camera's own recogniser, whether it is polled or pushes; None if a problem was reported."""
    if settings.anpr is Anpr.OFF:
        return ""
    address = settings.anpr_url.strip()
    try:
        own, seen = urlsplit(address), urlsplit(source)
        host, usable = seen.hostname, own.scheme in {"http", "https"} and bool(own.hostname) and own.port != 0
    except ValueError:
        host, usable = None, False
    if address and not usable:
        report.add((*where, "anpr_url"), say("нужно http://АДРЕС_КАМЕРЫ"))
        return None
    if not address and (not host or "://" not in source):
        report.add((*where, "anpr"), say("у этой камеры нет адреса в сети: добавьте anpr_url = «http://АДРЕС_КАМЕРЫ»"))
        return None
    url = own if address else urlsplit(f"http://{host if ':' not in (host or '') else f'[{host}]'}")
    user = settings.camera_user or unquote(url.username or seen.username or "")
    return _with_login(url, user, settings.camera_password or unquote(url.password or seen.password or ""))


def _meant(address: str) -> str:
    """What an address of no known form probably means; empty if that is unclear."""
    if address.startswith(("/", "~", "./", "../")) or address.lower().endswith(_VIDEOS):
        return f'camera = "{FILE_SCHEME}{address}"'
    if address.isdecimal():
        return f'camera = "/dev/video{address}"'
    if _BARE_ADDRESS.fullmatch(address):
        return f'camera = "rtsp://{address}"'
    return ""
