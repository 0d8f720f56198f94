"""Why a network camera gives no picture. It is asked over its own protocol, so that each cause gets its own cure.

OpenCV says only that it could not open the stream. So we connect to the camera and ask it to describe the stream (RTSP
DESCRIBE, RFC 2326; HTTP GET), with the password if it wants one (RFC 2617, 7617). No stream is started.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import re
import socket
import ssl
from contextlib import closing
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from core.words.system import system_words

MOST_BYTES = 64 * 1024
PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
PLAYABLE = ("H264", "H265", "HEVC", "JPEG", "MP4V-ES", "AV1", "VP8", "VP9")


class Cause(StrEnum):
    """What keeps us from the camera's picture."""

    NO_NAME = "no_name"
    NO_ROUTE = "no_route"
    SILENT = "silent"
    REFUSED = "refused"
    NOT_A_CAMERA = "not_a_camera"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    CODEC = "codec"
    ERROR = "error"
    NONE = "none"
    """The camera answers well: the fault is elsewhere."""


def probe(url: str, *, timeout_s: float = 4.0) -> tuple[Cause, str]:
    """The cause and a detail (a status line, a codec), in bounded time."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 80)
    try:
        with closing(socket.create_connection((host, port), timeout=timeout_s)) as link:
            stream = _secured(link, host) if parts.scheme in {"rtsps", "https"} else link
            status, headers, body = _answer_to(stream, url)
    except socket.gaierror:
        return Cause.NO_NAME, host
    except TimeoutError:
        return Cause.SILENT, f"{host}:{port}"
    except ConnectionRefusedError:
        return Cause.REFUSED, f"{host}:{port}"
    except OSError as error:
        routes = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
        return (Cause.NO_ROUTE if error.errno in routes else Cause.ERROR), f"{host}:{port}: {system_words(error)}"
    except ValueError:
        return Cause.NOT_A_CAMERA, f"{host}:{port}"
    return _judged(status, headers, body)


def _judged(status: int, headers: dict[str, str], body: str) -> tuple[Cause, str]:
    if status == 401:
        return Cause.UNAUTHORIZED, "401"
    if status in {403, 404, 454}:
        return (Cause.UNAUTHORIZED if status == 403 else Cause.NOT_FOUND), str(status)
    if status != 200:
        return Cause.ERROR, str(status)
    if "application/sdp" not in headers.get("content-type", ""):
        return Cause.NONE, headers.get("content-type", "")
    video = body[body.find("m=video") :] if "m=video" in body else ""
    codecs = re.findall(r"a=rtpmap:\d+ ([\w-]+)/", video)
    if not video:
        return Cause.CODEC, "no video"
    named = codecs[0].upper() if codecs else "JPEG"
    return (Cause.NONE if named in PLAYABLE else Cause.CODEC), named


def _answer_to(link: socket.socket, url: str) -> tuple[int, dict[str, str], str]:
    """The answer; if the first request is refused for lack of a password, that of a second one with it."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    status, headers, body = _request(link, parts.scheme, bare, 1)
    wanted = headers.get("www-authenticate", "")
    if status != 401 or parts.username is None or not wanted:
        return status, headers, body
    user, password = unquote(parts.username), unquote(parts.password or "")
    method = "DESCRIBE" if parts.scheme.startswith("rtsp") else "GET"
    uri = bare if method == "DESCRIBE" else (urlsplit(bare).path or "/")
    answer = _credentials(wanted, user, password, method, uri)
    return _request(link, parts.scheme, bare, 2, authorization=answer)


def _request(
    link: socket.socket, scheme: str, url: str, number: int, *, authorization: str = ""
) -> tuple[int, dict[str, str], str]:
    extra = f"Authorization: {authorization}\r\n" if authorization else ""
    if scheme.startswith("rtsp"):
        head = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: {number}\r\nAccept: application/sdp\r\n{extra}\r\n"
    else:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{extra}\r\n"
    link.sendall(head.encode())
    return _answer(link)


def _answer(link: socket.socket) -> tuple[int, dict[str, str], str]:
    """Status, headers by lower-case name, body up to `Content-Length`. Raises ValueError for another protocol."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = link.recv(4096)
        data += chunk
        if not chunk or len(data) > MOST_BYTES:
            raise ValueError("no such protocol")
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split()
    if len(words) < 2 or not words[0].startswith(("RTSP/", "HTTP/")):
        raise ValueError("no such protocol")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = min(int(headers.get("content-length", "0") or 0), MOST_BYTES)
    while len(body) < length and "image" not in headers.get("content-type", ""):
        chunk = link.recv(4096)
        if not chunk:
            break
        body += chunk
    return int(words[1]), headers, body[:length].decode("latin-1")


def _credentials(wanted: str, user: str, password: str, method: str, uri: str) -> str:
    if wanted.lower().startswith("basic"):
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    facts = dict(re.findall(r'(\w+)="?([^",]*)"?', wanted))
    realm, nonce = facts.get("realm", ""), facts.get("nonce", "")
    secret = _md5(f"{user}:{realm}:{password}")
    response = _md5(f"{secret}:{nonce}:{_md5(f'{method}:{uri}')}")
    return f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}"'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # the protocol requires MD5


def _secured(link: socket.socket, host: str) -> socket.socket:
    """TLS without verification: cameras have self-signed certificates, and only the digest sent here is sensitive."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(link, server_hostname=host)
