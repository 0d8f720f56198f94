"""A PostgreSQL server of the tests' own, and databases that are lent, swept clean and lent again.

A new database is a copy of 8 MB in 340 files: a tenth of a second of a core to make, and as much to take away again at the
end. Emptying one takes a few milliseconds. Whether that leaves it as new is seen, not believed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.patience import comes

TEMPLATE = "template_okter"

# Rows go whatever refers to them; the numbers of their keys begin at one again.
SWEEP = """
DO $$
DECLARE
  name text;
  filled boolean;
BEGIN
  SET LOCAL session_replication_role = replica;
  SET LOCAL lock_timeout = '2s';
  FOR name IN SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
  END LOOP;
  PERFORM setval(seqrelid::regclass, seqstart, false) FROM pg_sequence;
END $$
"""

# Each statement that makes, changes or drops a table, column, index, trigger or function writes a row of the catalogue anew.
SCHEMA = """
WITH shape AS (
  SELECT oid, 0 AS part, xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT attrelid, attnum, pg_attribute.xmin FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT oid, 0, xmin FROM pg_trigger
  UNION ALL SELECT oid, 0, xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace
)
SELECT md5(string_agg(concat_ws(' ', oid, part, xmin), ',' ORDER BY oid, part)) FROM shape
"""

OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Cluster:
    """One server; `conninfo` leads to its own database `postgres`."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self._schema = ""
        self._swept: list[str] = []
        self._made = 0

    def url(self, name: str) -> str:
        """As SQLAlchemy reads it."""
        return self._at(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def create(self, name: str, template: str = "template1") -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")

    def seal(self) -> None:
        """The template is migrated: this is what a lent database has to look like."""
        with psycopg.connect(self._at(TEMPLATE)) as connection:
            self._schema = _one(connection, SCHEMA)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of an empty, migrated database that is nobody else's until the block ends."""
        if self._swept:
            name = self._swept.pop()
        else:
            self._made += 1
            name = f"okter_{self._made}"
            self.create(name, TEMPLATE)
        yield self.url(name)
        if self._sweep(name):
            self._swept.append(name)

    def _sweep(self, name: str) -> bool:
        """Whether it is as new: nobody is connected who might still write, and its tables are the template's."""
        try:
            with psycopg.connect(self._at(name), autocommit=True) as connection:
                if (
                    not comes(lambda: not _one(connection, OTHERS), within_s=2)
                    or _one(connection, SCHEMA) != self._schema
                ):
                    return False
                connection.execute(SWEEP)
        except psycopg.Error:
            return False
        return True

    def _at(self, name: str) -> str:
        return self.conninfo.replace("/postgres?", f"/{name}?", 1)


def _one(connection: psycopg.Connection, query: str):
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def programs() -> Path | None:
    """The folder of the newest server programs; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def running(bin_dir: Path) -> Iterator[Cluster]:
    """A server on a Unix socket only, which keeps nothing: what it holds is gone with it."""
    # It refuses to run as root.
    runner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="okter-pg-"))
    try:
        if runner:
            os.chown(home, pwd.getpwnam("postgres").pw_uid, -1)
        options = ["-A", "trust", "-U", "okter", "-E", "UTF8", "--no-sync", "--no-locale"]
        subprocess.run(
            [bin_dir / "initdb", "-D", home / "data", *options], **runner, check=True, capture_output=True, cwd=home
        )
        settings = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off -c max_connections=200"
        control = [bin_dir / "pg_ctl", "-D", home / "data", "-w", "-s"]
        subprocess.run([*control, "-l", home / "log", "-o", settings, "start"], **runner, check=True, cwd=home)
        try:
            yield Cluster(f"postgresql://okter@/postgres?host={home}")
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **runner, check=True, cwd=home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
