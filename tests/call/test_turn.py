"""Rules of a call whose two ends meet only at a TURN server: Debian's coturn, with the passwords the portal makes for it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cloud.calls.ice import LASTS, IceSettings, as_browser, servers
from edge.call.conversation import Connect
from sync.call_wire import IceServer
from tests.patience import PATIENCE_S, until

aiortc = pytest.importorskip("aiortc")
aioice = pytest.importorskip("aioice")
from edge.call.peer import Peer  # noqa: E402 - needs aiortc

SECRET = "known to the portal and to coturn"
ADDRESS = "127.0.0.1"


@pytest.fixture(scope="module")
def turn_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's coturn on a free port of loopback, as `docs/portal.md` says to set it up."""
    program = shutil.which("turnserver")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("coturn is missing: apt-get install coturn")
        pytest.skip("coturn is not installed")
    folder = tmp_path_factory.mktemp("turn")
    with socket.create_server((ADDRESS, 0)) as free:
        port = free.getsockname()[1]
    with (folder / "coturn.log").open("wb") as log:
        coturn = subprocess.Popen(
            [program, "-n", f"--listening-ip={ADDRESS}", f"--relay-ip={ADDRESS}", f"--listening-port={port}", "--realm=gate",
             "--use-auth-secret", f"--static-auth-secret={SECRET}", "--allow-loopback-peers", "--no-cli", "--no-tls", "--no-dtls",
             f"--pidfile={folder / 'pid'}", f"--db={folder / 'db'}", "--log-file=stdout"],
            stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    try:
        until(lambda: _listens(port))
        yield f"turn:{ADDRESS}:{port}?transport=udp"
    finally:
        coturn.kill()
        coturn.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection((ADDRESS, port), timeout=1).close()  # it listens for TCP beside UDP
    except OSError:
        return False
    return True


class Speaker:
    """Tells when it was given something to play."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    async def play(self, chunk: bytes) -> None:
        assert chunk
        self.heard.set()

    async def close(self) -> None:
        pass


def _relayed_only(sdp: str) -> str:
    """`sdp` as it would be if neither end could reach the other: only the server's addresses are left."""
    kept = [line for line in sdp.splitlines() if not line.startswith("a=candidate:") or " typ relay" in line]
    return "\r\n".join(kept) + "\r\n"


async def _allocated(told: IceServer) -> None:
    """Have the server give an address, and give it back. Raises aioice's error where it refuses."""
    host, port = told.urls.removeprefix("turn:").partition("?")[0].split(":")
    transport, _ = await aioice.turn.create_turn_endpoint(
        asyncio.DatagramProtocol, (host, int(port)), told.username, told.credential
    )
    transport.close()


def test_a_turn_server_takes_the_password_for_its_hour(turn_url: str) -> None:
    """The portal's password opens the server; one of an hour ago does not, nor one made with another secret."""
    now = datetime.now(UTC)
    told = servers(IceSettings((turn_url,), SECRET), now=now)
    asyncio.run(_allocated(told[0]))
    for secret, at in ((SECRET, now - LASTS - timedelta(minutes=1)), ("another", now)):
        stale = servers(IceSettings((turn_url,), secret), now=at)
        with pytest.raises(aioice.stun.TransactionFailed):
            asyncio.run(_allocated(stale[0]))


def test_a_call_flows_where_only_the_server_is_reached_by_both(turn_url: str) -> None:
    """Neither end knows the other's address, and yet the browser sees the gate, and the gate hears it."""
    told = servers(IceSettings((turn_url,), SECRET), now=datetime.now(UTC))

    async def whole() -> bool:
        given = [aiortc.RTCIceServer(**one) for one in as_browser(told)]
        browser = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=given))
        seen: list[object] = []
        browser.add_listener("track", seen.append)
        browser.addTransceiver("video", direction="recvonly")
        browser.addTrack(aiortc.mediastreams.AudioStreamTrack())
        await browser.setLocalDescription(await browser.createOffer())
        speaker = Speaker()
        offer = _relayed_only(browser.localDescription.sdp)
        assert " typ relay" in offer
        gate = Peer(Connect(1, offer, told), send=[aiortc.VideoStreamTrack()], loudspeaker=speaker)
        try:
            answer = _relayed_only(await gate.answer())
            assert " typ relay" in answer
            await browser.setRemoteDescription(aiortc.RTCSessionDescription(answer, "answer"))
            async with asyncio.timeout(PATIENCE_S):
                (picture,) = seen
                await picture.recv()  # type: ignore[attr-defined]
                await speaker.heard.wait()
            return True
        finally:
            await gate.close()
            await browser.close()

    assert asyncio.run(whole())
