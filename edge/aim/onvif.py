"""The few ONVIF messages needed to find a camera and its streams, as text out and text in. Pure functions.

WS-Discovery 1.0 (2005/04) probes; ONVIF Core and Media (ver10): GetSystemDateAndTime, GetCapabilities, GetProfiles,
GetStreamUri; WS-Security UsernameToken with a digest. Answers of devices are not trusted: DTDs are refused.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

MOST_BYTES = 256 * 1024
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA = "http://www.onvif.org/ver10/media/wsdl"
_SCHEMA = "http://www.onvif.org/ver10/schema"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity"
_TOKEN = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"


class NotOnvif(ValueError):
    """The answer does not come from an ONVIF camera."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One stream that a camera offers."""

    token: str
    name: str
    size: str
    """Width×height, and the codec; empty if not reported."""


def probe() -> bytes:
    """The discovery probe, to be sent to 239.255.255.250:3702."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_SOAP}"'
        ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
        ' xmlns:n="http://www.onvif.org/ver10/network/wsdl"><s:Header>'
        "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
        f"<a:MessageID>urn:uuid:{uuid.uuid4()}</a:MessageID>"
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body>"
        "<d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()


def matches(data: bytes) -> tuple[tuple[str, ...], str]:
    """The service addresses in an answer to `probe`, and the camera's name. Raises NotOnvif."""
    root = parsed(data)
    addresses = tuple(part for text in _texts(root, "XAddrs") for part in text.split())
    scopes = [part for text in _texts(root, "Scopes") for part in text.split()]
    names = [one.rpartition("/")[2] for one in scopes if "/name/" in one or "/hardware/" in one]
    return addresses, " ".join(dict.fromkeys(names))[:80].replace("%20", " ")


def envelope(body: str, *, user: str = "", password: str = "", at: datetime | None = None, nonce: bytes = b"") -> bytes:
    """A request, signed if a user is given. `at`: the time by the camera's own clock."""
    header = ""
    if user:
        created = f"{at or datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        # SHA-1 is what the profile prescribes (OASIS UsernameToken 1.0)
        digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()  # noqa: S324
        header = (
            f'<w:Security xmlns:w="{_SECURITY}-secext-1.0.xsd" xmlns:u="{_SECURITY}-utility-1.0.xsd" s:mustUnderstand="1">'
            f"<w:UsernameToken><w:Username>{escape(user)}</w:Username>"
            f'<w:Password Type="{_TOKEN}#PasswordDigest">{digest}</w:Password>'
            f"<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce><u:Created>{created}</u:Created>"
            "</w:UsernameToken></w:Security>"
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_SOAP}"><s:Header>{header}</s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


TIME = f'<GetSystemDateAndTime xmlns="{_DEVICE}"/>'
CAPABILITIES = f'<GetCapabilities xmlns="{_DEVICE}"><Category>Media</Category></GetCapabilities>'
PROFILES = f'<GetProfiles xmlns="{_MEDIA}"/>'


def stream_uri(token: str) -> str:
    return (
        f'<GetStreamUri xmlns="{_MEDIA}"><StreamSetup><Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream>'
        f'<Transport xmlns="{_SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
        f"<ProfileToken>{escape(token)}</ProfileToken></GetStreamUri>"
    )


def told_time(data: bytes) -> datetime | None:
    """The camera's UTC time; None if it does not report it. Raises NotOnvif."""
    for moment in _named(parsed(data), "UTCDateTime"):
        try:
            numbers = [int(_texts(moment, name)[0]) for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")]
            year, month, day, hour, minute, second = numbers
            return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        except (IndexError, ValueError):
            return None
    return None


def media_address(data: bytes) -> str:
    """Address of the media service; empty if not reported. Raises NotOnvif."""
    for media in _named(parsed(data), "Media"):
        for text in _texts(media, "XAddr"):
            return text.strip()
    return ""


def profiles(data: bytes) -> tuple[Profile, ...]:
    """Raises NotOnvif."""
    found = []
    for one in _named(parsed(data), "Profiles"):
        encoder = next(iter(_named(one, "VideoEncoderConfiguration")), None)
        size = ""
        if encoder is not None:
            width, height, codec = (_texts(encoder, name) for name in ("Width", "Height", "Encoding"))
            size = f"{width[0]}×{height[0]}" if width and height else ""
            size = f"{size} {codec[0]}".strip() if codec else size
        name = _texts(one, "Name")
        found.append(Profile(one.get("token", ""), name[0] if name else "", size))
    return tuple(found)


def told_uri(data: bytes) -> str:
    """Raises NotOnvif."""
    uris = _texts(parsed(data), "Uri")
    if not uris:
        raise NotOnvif("no Uri")
    return uris[0].strip()


def parsed(data: bytes) -> ET.Element:
    """Parse an answer. Refuses DTDs and entities, which could expand without end. Raises NotOnvif."""
    try:
        text = data[: MOST_BYTES + 1].decode("utf-8-sig")
        if len(data) > MOST_BYTES or "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise NotOnvif("too large, or with a DTD")
        return ET.fromstring(text.encode())  # noqa: S314 - as above
    except (ET.ParseError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NotOnvif(str(error)) from error


def _named(element: ET.Element, name: str) -> list[ET.Element]:
    return [one for one in element.iter() if one.tag.rpartition("}")[2] == name]


def _texts(element: ET.Element, name: str) -> list[str]:
    return [one.text for one in _named(element, name) if one.text]
