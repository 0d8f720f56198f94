"""A portal behind Debian's pgbouncer in transaction mode: each transaction may be another server process."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.engine import make_url

from cloud.api.requests import find_caller
from cloud.db.engine import Database, conninfo
from cloud.db.models import Territory
from tests.patience import until

pytestmark = pytest.mark.postgres
PORT = 6432


@pytest.fixture
def bouncer_url(postgres_url: str) -> Iterator[str]:
    """The database of this test through a pool of two server connections."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not os.access(program, os.X_OK):
        if os.environ.get("CI") == "true":
            pytest.fail("pgbouncer is missing: apt-get install pgbouncer")
        pytest.skip("pgbouncer is not installed")
    url = make_url(postgres_url)
    home = Path(tempfile.mkdtemp(prefix="okter-pb-"))
    server = f"host={url.query['host']} user=okter dbname={url.database}"
    (home / "pgbouncer.ini").write_text(
        f"[databases]\n{url.database} = {server}\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = {home}\n"
        f"listen_port = {PORT}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n"
    )
    runner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if runner:  # the settings too: whoever ran before in this process may have left a narrow umask
        for path in (home, home / "pgbouncer.ini"):
            os.chown(path, pwd.getpwnam("postgres").pw_uid, -1)
    process = subprocess.Popen([program, "-q", home / "pgbouncer.ini"], **runner, stderr=subprocess.DEVNULL, cwd=home)
    try:
        until(lambda: _answers(home / f".s.PGSQL.{PORT}"))
        yield f"postgresql+psycopg://okter@/{url.database}?host={home}&port={PORT}&prepare=off"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(home, ignore_errors=True)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as found:
        return found.connect_ex(str(path)) == 0


def test_a_statement_said_often_is_prepared_nowhere(bouncer_url):
    """What is asked again and again, by several threads through two server connections, is answered each time."""
    database, failed = Database(bouncer_url), []
    with database.write() as session:
        session.add(Territory(code="123-456", name="СНТ", timezone="Europe/Moscow"))

    def ask() -> None:
        try:
            for _ in range(30):
                assert find_caller(database, "nobody") is None
                with database.write() as session:
                    session.execute(update(Territory).values(retention_days=Territory.retention_days + 1))
        except Exception as error:  # noqa: BLE001  # told by the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as session:
        days = session.query(Territory).one().retention_days
    database.close()
    assert [] == failed
    assert 90 + 120 == days


def test_our_own_word_is_for_us_alone():
    """`prepare=off` is no parameter of the driver's."""
    assert "postgresql://u:p@h/d" == conninfo("postgresql+psycopg://u:p@h/d?prepare=off")
    assert "postgresql://u:p@h/d" == conninfo("postgresql+psycopg://u:p@h/d")
