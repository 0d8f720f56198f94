"""MQTT 3.1.1 as bytes: the few packets that a gate sends and receives. Pure.

From the OASIS standard, sections 2 and 3. Always quality of service 0: lost data would be stale, and an old command
must not be delivered late.
"""

from __future__ import annotations

from dataclasses import dataclass

CONNACK, PUBLISH, SUBACK, PINGRESP = 2, 3, 9, 13
PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
MOST_BYTES = 64 * 1024
"""Longer packets are rejected."""
REFUSALS = {
    1: "protocol version", 2: "client id", 3: "server unavailable", 4: "user name or password", 5: "not authorised"
}  # fmt: skip


class PacketInvalid(ValueError):
    """Bytes that are not MQTT, or too many of them."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet from the broker."""

    kind: int
    flags: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One `PUBLISH`."""

    topic: str
    payload: bytes
    retained: bool


def connect(client_id: str, *, user: str, password: str, will_topic: str, will: bytes, keepalive_s: int) -> bytes:
    """A clean session, so that the broker queues nothing while we are away. The will message is retained."""
    flags = 0x02 | 0x04 | 0x20 | (0x80 if user else 0) | (0x40 if user and password else 0)
    body = _text("MQTT") + bytes([4, flags]) + keepalive_s.to_bytes(2, "big")
    body += _text(client_id) + _text(will_topic) + len(will).to_bytes(2, "big") + will
    if user:
        body += _text(user) + (_text(password) if password else b"")
    return _packet(0x10, body)


def publish(topic: str, payload: bytes, *, retain: bool) -> bytes:
    return _packet(0x30 | retain, _text(topic) + payload)


def subscribe(number: int, *topics: str) -> bytes:
    return _packet(0x82, number.to_bytes(2, "big") + b"".join(_text(topic) + b"\x00" for topic in topics))


def split(buffer: bytearray) -> Packet | None:
    """Remove the first complete packet from `buffer`; None if more bytes are needed. Raises PacketInvalid."""
    length, shift, at = 0, 0, 1
    while True:
        if at >= len(buffer):
            return None
        length |= (buffer[at] & 0x7F) << shift
        if not buffer[at] & 0x80:
            break
        shift, at = shift + 7, at + 1
        if at > 4:
            raise PacketInvalid("length")
    if length > MOST_BYTES:
        raise PacketInvalid(f"{length} bytes")
    end = at + 1 + length
    if len(buffer) < end:
        return None
    packet = Packet(buffer[0] >> 4, buffer[0] & 0x0F, bytes(buffer[at + 1 : end]))
    del buffer[:end]
    return packet


def message_of(packet: Packet) -> Message:
    """The content of a `PUBLISH`. Raises PacketInvalid."""
    size = int.from_bytes(packet.body[:2], "big")
    start = 2 + size + (2 if packet.flags & 0x06 else 0)
    if len(packet.body) < start:
        raise PacketInvalid("publish")
    try:
        topic = packet.body[2 : 2 + size].decode()
    except UnicodeDecodeError as error:
        raise PacketInvalid("topic") from error
    return Message(topic, packet.body[start:], bool(packet.flags & 1))


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _packet(first: int, body: bytes) -> bytes:
    length, head = len(body), bytearray([first])
    while True:
        length, digit = length >> 7, length & 0x7F
        head.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(head) + body
