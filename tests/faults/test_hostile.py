"""Others that mean ill, and a box that is short of what it needs: the barrier opens, and afterwards all is as before."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from relay.boards.http import HttpBoard
from relay.boards.seam import Transcript
from relay.errors import BoardError
from relay.settings import BarrierSettings
from tests.faults.conftest import CONFIG, Site, until
from tests.faults.gate_kills import HARMS, run
from tests.faults.hostile_camera import MODES, WELL, HostileCamera, resident_mb

pytestmark = pytest.mark.timeout(900)  # a busy machine is waited for


def patched(site: Site, patch: str, *arguments: str) -> subprocess.Popen[bytes]:
    """`gate run` in a process in which `patch` was run before."""
    code = f"import sys\n{patch}\nfrom edge.cli import main\nmain(sys.argv[1:])"
    with site.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "run", *arguments, "--config", str(site.config)], stdout=log, stderr=log
        )
    site._processes.append(process)
    return process


@pytest.mark.long
def test_a_hostile_camera(site: Site) -> None:
    """Endless headers, endless and huge pictures, other sizes, garbage, drops, silence: bounded, told, and over when it is over."""
    with HostileCamera() as camera:
        site.config.write_text(CONFIG.replace("file:road.mp4", camera.url) + "\n[camera]\nread_timeout_s = 1.0\n")
        process = site.run()
        status = site.up()
        assert until(lambda: (found := site.status()) and found.cameras[0].alive)
        before = resident_mb(process.pid)
        for mode in MODES:
            camera.mode, was = mode, camera.connections
            # Long enough to be met: the camera is lost and looked for again, or its pictures come on.
            until(lambda was=was: (found := site.status()) and (camera.connections > was or found.cameras[0].alive))
            assert site.opens(), mode
            assert process.poll() is None, mode
            camera.mode = WELL
            assert until(lambda: (found := site.status()) and found.cameras[0].alive), mode
        assert resident_mb(process.pid) - before < 250  # one picture of 12 megapixels, decoded, with its copies
        after = site.up()
        assert (status.pid, status.relay_pid) == (after.pid, after.relay_pid)


ANSWERS = {
    "endless headers": (b"HTTP/1.1 200 OK\r\n", b"X: " + b"a" * 1000 + b"\r\n"),
    "an endless status line": (b"HTTP/1.1 200 ", b"O" * 4096),
    "an endless body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096),
    "for ever going to answer": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a length of nowhere": (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", b"x"),
    "chunks without end": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n"),
    "a chunk of everything": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n", b"x" * 4096),
    "garbage": (b"\0\xff\xfe\r\n\r\n", b"\xff" * 100),
    "nothing": (b"", b""),
    "elsewhere": (b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n", b""),
}


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_a_hostile_network_relay(kind: str) -> None:
    """Whatever a relay on the network answers, the call ends, holds little, and says that nobody knows, or what was refused."""
    first, more = ANSWERS[kind]
    sent = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            nonlocal sent
            link, _ = listener.accept()
            with link:
                try:
                    link.recv(4096)
                    link.sendall(first)
                    while more and sent < 1 << 26:
                        link.sendall(more)
                        sent += len(more)
                    link.recv(1)  # held open until the other side has had enough
                except OSError:
                    return

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        board = HttpBoard(
            BarrierSettings(name="net", driver="http", http_on_url=f"{url}/on", http_off_url=f"{url}/off"),
            transcript=Transcript(),
        )
        try:
            answer = board.switch(1, on=True)
        except BoardError as error:
            assert "\n" not in str(error)  # noqa: PT017 - which of the two it is, is no matter
        else:
            assert (answer.trouble is None) is (answer.heard is True)
        server.join(20)
        assert not server.is_alive(), "the connection is still held"
        assert sent < 1 << 26


@pytest.mark.long
def test_out_of_memory(site: Site) -> None:
    """When `gate run` gets no more memory, whatever becomes of it, the barrier opens; the next one works as before."""
    process = site.run()
    status = site.up()
    size = int(Path(f"/proc/{process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(process.pid, resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))
    for _ in range(3):
        assert site.opens()
    if process.poll() is None:
        process.kill()
    process.wait()
    assert status.relay_pid == site.relay_pid()
    assert site.opens()
    site.run()
    assert site.up().relay_pid == status.relay_pid
    assert until(lambda: "console" in site.gate("events", "--json").stdout)


SLOW_DISK = """
import time
from edge.store.journal import Journal
write = Journal.record
Journal.record = lambda *arguments, **named: (time.sleep(3), write(*arguments, **named))[1]
note = Journal.note if hasattr(Journal, "note") else None
"""


@pytest.mark.long
def test_a_disk_that_takes_its_time(site: Site) -> None:
    """Each write of the journal takes seconds: openings do not wait for one, and all is written in the end."""
    patched(site, SLOW_DISK)
    site.up()
    for _ in range(3):
        assert site.opens()
    assert until(lambda: site.gate("events", "--json").stdout.count("console") >= 1)


THREADS = (
    "controller", "vision", "journal", "barrier", "capture", "passes", "relay-events", "control", "aim", "call-watch", "sync",
)  # fmt: skip
"""All that `gate run` watches; a lane's capture stands for those of all lanes."""
HANGING = """
import threading, time
import edge.runtime.gate as gate
gate.SILENT_S = gate.SLOW_DISK_S = gate.SLOW_CLOUD_S = 4.0
Worker = gate.Worker
def hanging(name, work, **named):
    # It works for two seconds and then hears and does nothing more.
    return Worker(name, (lambda stop: threading.Event().wait()) if name.partition(":")[0] == {name!r} else work, **{{**named, "daemon": True}})
gate.Worker = hanging
"""


@pytest.mark.long
@pytest.mark.parametrize("name", THREADS)
def test_a_thread_that_gets_no_processor(site: Site, name: str) -> None:
    """A thread of `gate run` that hangs is found and all of it ends, to be started anew; the barrier opens all the while."""
    process = patched(site, HANGING.format(name=name))
    until(site.relay_pid)
    assert site.opens()
    assert 1 == process.wait(300)
    assert f"поток {name}" in site.log.read_text()
    assert site.opens()


@pytest.mark.long
def test_kills_of_the_whole_gate(tmp_path: Path, road: Path) -> None:
    """A few of the script's hundreds: killed at any moment, its list torn, it is back with all of it, and no opening is lost."""
    result = run(len(HARMS), seed=5, folder=tmp_path, clip=road)
    assert [] == result.problems
    assert result.opened
