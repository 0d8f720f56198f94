"""One connection to an MQTT broker: written from one thread, read on another."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable

from core.words.language import say
from edge.neighbours import mqtt_packets as packets
from edge.neighbours.mqtt_packets import Message
from edge.neighbours.seam import NeighbourFailed

KEEPALIVE_S = 30
CONNECT_S = 10.0
SEND_S = 10.0
LOOK_S = 0.2
MOST_OUTGOING = 500


class MqttLink:
    """Connected on construction. Raises NeighbourFailed, OSError."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        tls: bool,
        client_id: str,
        user: str,
        password: str,
        will_topic: str,
        will: bytes,
    ) -> None:
        raw = socket.create_connection(address, timeout=CONNECT_S)
        try:
            self._socket = ssl.create_default_context().wrap_socket(raw, server_hostname=address[0]) if tls else raw
            self._buffer = bytearray()
            self._outgoing: deque[bytes] = deque()
            self._send(
                packets.connect(
                    client_id, user=user, password=password, will_topic=will_topic, will=will, keepalive_s=KEEPALIVE_S
                )
            )
            _check_welcome(self._receive(CONNECT_S))
        except BaseException:
            raw.close()
            raise

    def publish(self, topic: str, payload: bytes, *, retain: bool = True) -> None:
        """Queue a message for the listening thread, since a TLS connection is not thread-safe. From any thread."""
        if len(self._outgoing) >= MOST_OUTGOING:
            raise NeighbourFailed(say("брокер MQTT не принимает"))
        self._outgoing.append(packets.publish(topic, payload, retain=retain))

    def subscribe(self, *topics: str) -> None:
        self._outgoing.append(packets.subscribe(1, *topics))

    def listen(
        self, stop: threading.Event, heard: Callable[[Message], None], each: Callable[[], None] = lambda: None
    ) -> None:
        """Send what waits and hand on what comes, until `stop` or a broken link. Raises NeighbourFailed, OSError.

        `each` is called at every turn, a few times a second.
        """
        pinged = answered = time.monotonic()
        while not stop.is_set():
            each()
            while self._outgoing:
                self._send(self._outgoing.popleft())
            packet = self._receive(LOOK_S)
            now = time.monotonic()
            if packet is not None:
                answered = now
                if packet.kind == packets.PUBLISH:
                    heard(packets.message_of(packet))
            elif now - answered > 2 * KEEPALIVE_S:
                raise NeighbourFailed(say("брокер MQTT замолчал"))
            if now - pinged > KEEPALIVE_S / 2:
                pinged = now
                self._send(packets.PING)
        while self._outgoing:
            self._send(self._outgoing.popleft())
        self._send(packets.DISCONNECT)

    def close(self) -> None:
        self._socket.close()

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(SEND_S)
        self._socket.sendall(data)

    def _receive(self, within_s: float) -> packets.Packet | None:
        deadline = time.monotonic() + within_s
        while (packet := packets.split(self._buffer)) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._socket.settimeout(left)
            try:
                chunk = self._socket.recv(65536)
            except TimeoutError:
                return None
            if not chunk:
                raise NeighbourFailed(say("брокер MQTT оборвал связь"))
            self._buffer += chunk
        return packet


def _check_welcome(answer: packets.Packet | None) -> None:
    if answer is None or answer.kind != packets.CONNACK or len(answer.body) < 2:
        raise NeighbourFailed(say("брокер MQTT не ответил на приветствие"))
    if answer.body[1]:
        why = packets.REFUSALS.get(answer.body[1], str(answer.body[1]))
        raise NeighbourFailed(say("брокер MQTT отказал: {why}", why=why))
