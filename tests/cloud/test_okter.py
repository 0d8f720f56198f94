"""The `okter` command as its user meets it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import tarfile
from dataclasses import astuple
from datetime import timedelta

import pytest
from sqlalchemy import select
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from cloud import backup, cli
from cloud.db.engine import Database
from cloud.db.models import Account, Job, JobState, Letter, Release, ReleasePiece, Territory, utc_now
from cloud.demo import DemoPlace, make_place
from cloud.fleet import rollouts
from cloud.fleet.rings import WHOLE, Ring, Rules
from cloud.settings import (
    SettingsInvalid,
    mail_settings,
    public_url,
    quota_settings,
    server_secret,
    shared_secret,
    trusted_proxies,
)


def okter(*arguments):
    """Run one command in this process; its exit code is the answer."""
    try:
        cli.main([str(argument) for argument in arguments])
    except SystemExit as ended:
        return ended.code
    return 0


@pytest.fixture(autouse=True)
def usual_umask():
    """The program narrows it for itself; here it runs inside the test's process."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def make_portal(migrated_sqlite):
    """Makes a small portal with one territory; its database comes migrated."""

    def make(folder):
        folder.mkdir()
        shutil.copyfile(migrated_sqlite, folder / "okter.db")
        make_place(folder)
        return folder

    return make


@pytest.fixture
def portal_dir(make_portal, tmp_path):
    return make_portal(tmp_path / "portal")


def test_a_backup_brings_everything_back(portal_dir, tmp_path, capsys):
    """Database, key and pictures come back from the one file; gates then fetch the whole list."""
    key = server_secret(portal_dir)
    (portal_dir / "snapshots" / "1").mkdir(parents=True)
    (portal_dir / "snapshots" / "1" / "x.jpg").write_bytes(b"picture")

    assert 0 == okter("backup", "--data", portal_dir, tmp_path / "b.tar.gz")
    assert 0o600 == stat.S_IMODE((tmp_path / "b.tar.gz").stat().st_mode)
    assert 0 == okter("restore", "--data", tmp_path / "new", tmp_path / "b.tar.gz")

    assert key == server_secret(tmp_path / "new")
    assert b"picture" == (tmp_path / "new" / "snapshots" / "1" / "x.jpg").read_bytes()
    database = Database(f"sqlite:///{tmp_path / 'new' / 'okter.db'}")
    with database.read() as session:
        assert 3 == session.query(Account).count()
        assert 1 == session.query(Territory).count()
    database.close()
    assert 1 == okter("restore", "--data", tmp_path / "new", tmp_path / "b.tar.gz")
    assert "--replace" in capsys.readouterr().err
    assert 0 == okter("restore", "--replace", "--data", tmp_path / "new", tmp_path / "b.tar.gz")


def epoch_of(data_dir) -> int:
    database = Database(f"sqlite:///{data_dir / 'okter.db'}")
    with database.read() as session:
        found = session.query(Territory).one().pass_epoch
    database.close()
    return found


def test_each_restore_begins_an_epoch_of_its_own(portal_dir, tmp_path):
    """One backup restored twice gives two epochs: a gate that took its list from the first is told to begin anew."""
    first = epoch_of(portal_dir)
    okter("backup", "--data", portal_dir, tmp_path / "b.tar.gz")

    okter("restore", "--replace", "--data", portal_dir, tmp_path / "b.tar.gz")
    second = epoch_of(portal_dir)
    okter("restore", "--replace", "--data", portal_dir, tmp_path / "b.tar.gz")

    assert 3 == len({first, second, epoch_of(portal_dir)})


def test_a_backup_of_a_newer_program_replaces_nothing(make_portal, portal_dir, tmp_path, capsys):
    """A database that this program cannot use is refused while the old one is still in its place."""
    make_portal(tmp_path / "newer")
    with sqlite3.connect(tmp_path / "newer" / "okter.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    okter("backup", "--data", tmp_path / "newer", tmp_path / "b.tar.gz")
    before = (portal_dir / "okter.db").read_bytes()

    assert 1 == okter("restore", "--replace", "--data", portal_dir, tmp_path / "b.tar.gz")

    assert "9999" in capsys.readouterr().err
    assert before == (portal_dir / "okter.db").read_bytes()


def test_a_picture_that_goes_meanwhile_spoils_no_backup(portal_dir, tmp_path, monkeypatch):
    """Retention and new pictures go on during a backup: what has vanished, or is half written, is left out."""
    pictures = portal_dir / "snapshots" / "1"
    pictures.mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", ".part-x"):
        (pictures / name).write_bytes(name.encode())
    add = backup._add_picture

    def retention_first(archive, picture, name):
        if picture.name == "a.jpg":
            picture.unlink()
        add(archive, picture, name)

    monkeypatch.setattr(backup, "_add_picture", retention_first)

    assert 0 == okter("backup", "--data", portal_dir, tmp_path / "b.tar.gz")

    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        assert {"okter.db", "snapshots/1/b.jpg"} == set(archive.getnames())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_restore_by_root_leaves_the_folder_to_its_owner(portal_dir, tmp_path):
    """The portal runs as somebody else than the administrator who restores, and must be able to use the files."""
    server_secret(portal_dir)
    (portal_dir / "snapshots").mkdir()
    (portal_dir / "snapshots" / "x.jpg").write_bytes(b"picture")
    okter("backup", "--data", portal_dir, tmp_path / "b.tar.gz")
    (tmp_path / "new").mkdir()
    os.chown(tmp_path / "new", 65534, 65534)

    assert 0 == okter("restore", "--data", tmp_path / "new", tmp_path / "b.tar.gz")

    assert {65534} == {path.stat().st_uid for path in (tmp_path / "new").rglob("*")}


@pytest.mark.postgres
def test_a_postgresql_portal_comes_back_too(postgres_url, tmp_path):
    """PostgreSQL's own programs carry the tables; what came after the backup is gone, and a SQLite file is refused."""
    portal = tmp_path / "portal"
    portal.mkdir()
    database = Database(postgres_url)

    def people() -> list[str]:
        with database.read() as session:
            return [account.name for account in session.query(Account)]

    def arrive(name: str) -> None:
        with database.write() as session:
            session.add(Account(email=f"{name}@example.com", name=name, phone="+79120000000", password_hash="x"))

    where = ("--data", portal, "--database", postgres_url)
    arrive("Иванов")
    assert 0 == okter("backup", *where, tmp_path / "b.tar.gz")
    arrive("Петров")
    assert ["Иванов", "Петров"] == people()

    assert 0 == okter("restore", "--replace", *where, tmp_path / "b.tar.gz")

    assert ["Иванов"] == people()
    database.close()
    assert 1 == okter("restore", "--data", tmp_path / "sqlite", tmp_path / "b.tar.gz")


@pytest.mark.parametrize("name", ["../okter.db", "/etc/okter", "stranger.txt", "snapshots/../../x"])
def test_a_backup_holds_its_own_names_only(portal_dir, tmp_path, capsys, name):
    """A file that would land elsewhere, or that no backup has, is refused before anything is replaced."""
    before = (portal_dir / "okter.db").read_bytes()
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name))

    assert 1 == okter("restore", "--replace", "--data", portal_dir, tmp_path / "b.tar.gz")

    assert "в копии лишнее" in capsys.readouterr().err
    assert before == (portal_dir / "okter.db").read_bytes()


def test_a_file_that_is_no_backup_changes_nothing(portal_dir, tmp_path, capsys):
    """Restoring from anything else is refused in one line, and the portal stays as it was."""
    before = (portal_dir / "okter.db").read_bytes()
    (tmp_path / "b.tar.gz").write_bytes(b"no archive")

    assert 1 == okter("restore", "--replace", "--data", portal_dir, tmp_path / "b.tar.gz")

    assert "не похоже на резервную копию" in capsys.readouterr().err
    assert before == (portal_dir / "okter.db").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("serve", "--workers", "2"), 2, "на SQLite процесс один"),
        (("serve", "--public-url", "okter.example.ru"), 2, "OKTER_PUBLIC_URL"),
        (("serve", "--nonsense"), 2, "nonsense"),
        (("serve", "--trusted-proxies", "*"), 2, "OKTER_TRUSTED_PROXIES"),
        (("backup", "nowhere/b.tar.gz"), 1, "nowhere"),
        (("user", "confirm", "nobody@example.com"), 1, "Такого аккаунта нет"),
        (("migrate", "--database", "nonsense"), 2, "--database"),
        (("migrate", "--database", "mysql://u:p@127.0.0.1/x"), 2, "--database"),
        (("migrate", "--database", "postgresql://u:p@127.0.0.1:port/x"), 2, "--database"),
    ],
)
def test_mistakes_are_told_in_one_line(portal_dir, monkeypatch, capsys, arguments, code, words):
    """A wrong word or an impossible wish is one line on stderr with the right exit code."""
    monkeypatch.setenv("OKTER_DATA", str(portal_dir))
    monkeypatch.chdir(portal_dir)

    assert code == okter(*arguments)

    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("okter: ")
    assert words in line


def test_what_the_portal_keeps_is_its_owners_alone(tmp_path):
    """In a folder that somebody made by hand, open to all, the database is closed to others all the same."""
    (tmp_path / "data").mkdir(mode=0o755)

    assert 0 == okter("migrate", "--data", tmp_path / "data")

    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}


@pytest.mark.parametrize("words", [("user", "list"), ("user", "confirm", "a@b.ru"), ("backup", "b.tar.gz")])
def test_a_folder_without_a_portal_is_named_and_left_empty(tmp_path, monkeypatch, capsys, words):
    """A command for a portal that is elsewhere says which option names the folder, and makes no empty one."""
    monkeypatch.chdir(tmp_path)

    assert 2 == okter(*words)

    (line,) = capsys.readouterr().err.splitlines()
    assert "okter-data: здесь нет базы портала" in line
    assert "--data" in line
    assert [] == list(tmp_path.iterdir())


def test_an_address_that_is_taken_is_a_failure_like_others(portal_dir):
    """Where the portal cannot listen, `okter serve` says so and ends with 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [sys.executable, "-m", "cloud", "serve", "--data", portal_dir, "--port", str(taken.getsockname()[1])],
            capture_output=True,
            text=True,
            check=False,
        )

    assert 1 == done.returncode
    assert "портал не запущен" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_database_of_a_newer_program_is_left_alone(portal_dir, capsys):
    """A program older than its database says so and touches nothing."""
    with sqlite3.connect(portal_dir / "okter.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    assert 1 == okter("migrate", "--data", portal_dir)

    assert "9999" in capsys.readouterr().err


def test_the_users_command_lets_people_in(portal_dir, capsys):
    """`okter user` lists accounts and sets a password."""
    assert 0 == okter("user", "list", "--data", portal_dir)
    assert DemoPlace("", "").resident in capsys.readouterr().out

    assert 0 == okter(
        "user", "password", "--data", portal_dir, DemoPlace("", "").resident, "--password", "новый пароль"
    )
    assert 1 == okter("user", "password", "--data", portal_dir, DemoPlace("", "").resident, "--password", "x")


def test_the_key_is_made_once_and_for_nobody_else(tmp_path):
    """The portal's own key is random, readable by its owner alone, and the same at the next start."""
    key = server_secret(tmp_path)

    assert key == server_secret(tmp_path)
    assert 32 == len(key)
    assert 0o600 == stat.S_IMODE((tmp_path / "secret.key").stat().st_mode)


def test_hosts_share_a_key(tmp_path):
    """A key from the environment or a file is the same on every host; a short or missing one is named, never replaced."""
    key = "0123456789abcdef" * 4
    (tmp_path / "key").write_text(key + "\n")
    (tmp_path / "short").write_text("x")

    found = shared_secret(tmp_path, {"OKTER_SECRET": key})

    assert key.encode() == found == shared_secret(tmp_path, {"OKTER_SECRET_FILE": str(tmp_path / "key")})
    assert not (tmp_path / "secret.key").exists()
    for name, value in (
        ("OKTER_SECRET", "x"),
        ("OKTER_SECRET_FILE", str(tmp_path / "short")),
        ("OKTER_SECRET_FILE", "/no"),
    ):
        with pytest.raises(SettingsInvalid, match=name):
            shared_secret(tmp_path, {name: value})
    assert 32 == len(shared_secret(tmp_path, {}))


def test_mail_settings_come_from_the_environment(tmp_path):
    """SMTP is set by variables; the password may stand in a file and is never shown."""
    (tmp_path / "password").write_text("secret\n")

    found = mail_settings(
        {
            "OKTER_SMTP_HOST": "mail.example.ru",
            "OKTER_SMTP_SECURITY": "tls",
            "OKTER_SMTP_PASSWORD_FILE": str(tmp_path / "password"),
        }
    )

    assert ("mail.example.ru", 465, "secret") == (found.host, found.port, found.password)
    assert "secret" not in repr(found)
    for wrong in ({"OKTER_SMTP_PORT": "x"}, {"OKTER_SMTP_SECURITY": "x"}, {"OKTER_SMTP_PASSWORD_FILE": "/nowhere"}):
        with pytest.raises(SettingsInvalid, match=next(iter(wrong))):
            mail_settings(wrong)


@pytest.mark.parametrize(
    "url",
    ["", "okter.ru", "ftp://okter.ru", "https://okter.ru/path", "https://", "https://[::1", "https://okter.ru:99999"],
)
def test_an_address_for_links_is_checked(url):
    """The address for links is scheme, host and port, nothing else."""
    with pytest.raises(SettingsInvalid):
        public_url(url)


def test_letters_that_wait_are_shown_and_sent_again(portal_dir, capsys):
    """`okter mail` names letters that wait and why, never their text; `--retry` has them sent now."""
    database = Database(f"sqlite:///{portal_dir / 'okter.db'}")
    later = utc_now() + timedelta(hours=1)
    with database.write() as session:
        session.add(
            Letter(recipient="a@b.ru", subject="Тема", text="секрет", error="451 later", attempts=3, next_at=later)
        )

    assert 0 == okter("mail", "--data", portal_dir)
    told = capsys.readouterr().out
    assert [] == [word for word in ("a@b.ru", "Тема", "451 later", "ждёт: 1") if word not in told]
    assert "секрет" not in told
    assert 0 == okter("mail", "--retry", "--data", portal_dir)

    with database.read() as session:
        assert session.query(Letter).one().next_at <= utc_now()
    database.close()


def test_jobs_are_shown_and_done_again(portal_dir, capsys):
    """`okter jobs` names what waits, how far it is and what failed; `--retry` gives those all their tries now."""
    database = Database(f"sqlite:///{portal_dir / 'okter.db'}")
    later = utc_now() + timedelta(hours=1)
    with database.write() as session:
        session.add(Job(kind="sweep", done=7, attempts=3, next_at=later, error="OSError"))
        session.add(Job(kind="other", state=JobState.FAILED, attempts=8, error="KeyError", ended_at=utc_now()))
        session.add(Job(kind="finished", state=JobState.DONE, ended_at=utc_now()))

    assert 0 == okter("jobs", "--data", portal_dir)
    told = capsys.readouterr().out
    assert [] == [
        word for word in ("sweep", "сделано 7", "OSError", "KeyError", "ждёт: 1", "не удалось: 1") if word not in told
    ]
    assert "finished" not in told
    assert 0 == okter("jobs", "--retry", "--data", portal_dir)

    with database.read() as session:
        again = session.query(Job).filter(Job.state == JobState.WAITING).all()
        assert [(0, True), (0, True)] == [(row.attempts, row.next_at <= utc_now()) for row in again]
    database.close()


def test_a_quota_comes_from_the_environment():
    """What a gate may send in a day is a setting with a default; nonsense is named."""
    assert (5, 7_000_000) == astuple(quota_settings({"OKTER_QUOTA_EVENTS": "5", "OKTER_QUOTA_PICTURES_MB": "7"}))
    for wrong in ("OKTER_QUOTA_EVENTS", "OKTER_QUOTA_PICTURES_MB"):
        with pytest.raises(SettingsInvalid, match=wrong):
            quota_settings({wrong: "0"})


@pytest.mark.parametrize(
    ("peer", "client"),
    [("127.0.0.1", "203.0.113.9"), ("10.1.2.3", "203.0.113.9"), ("192.0.2.7", "192.0.2.7")],
)
def test_whom_a_trusted_proxy_names_is_who_comes(peer, client):
    """Behind a balancer everybody is who the balancer says; a stranger's own header says nothing."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["client"][0])

    wrapped = ProxyHeadersMiddleware(app, trusted_hosts=trusted_proxies("127.0.0.1, 10.0.0.0/8"))
    headers = [(b"x-forwarded-for", b"198.51.100.1, 203.0.113.9, 10.0.0.5")]
    asyncio.run(wrapped({"type": "http", "client": (peer, 1), "headers": headers}, None, None))

    assert [client] == seen


@pytest.mark.parametrize("named", ["*", "balancer", "10.0.0.1/8", "127.0.0.1,*"])
def test_a_proxy_is_named_by_its_address(named):
    """Who may say who everybody is must be named exactly: neither everybody nor a name."""
    with pytest.raises(SettingsInvalid, match="OKTER_TRUSTED_PROXIES"):
        trusted_proxies(named)


def test_help_names_every_command():
    """`okter --help` works as an installed program and names its commands in Russian."""
    done = subprocess.run([sys.executable, "-m", "cloud", "--help"], capture_output=True, text=True, check=True)

    assert [] == [
        word for word in ("serve", "migrate", "backup", "restore", "user", "портал") if word not in done.stdout
    ]


def test_the_fleet_and_its_rollouts_are_shown(portal_dir, tmp_path, capsys):
    """Gates by table and JSON; a file that is no bundle, a ring that is none and a rollout that is not there are one line each."""
    assert 0 == okter("fleet", "--data", portal_dir)
    assert "не привязан" in capsys.readouterr().out
    assert 0 == okter("fleet", "--data", portal_dir, "--json")
    told = json.loads(capsys.readouterr().out)
    assert ["unbound"] == [gate["standing"] for gate in told["gates"]]
    assert 0 == okter("fleet", "--data", portal_dir, "--rotate-tokens")
    assert 0 == okter("rollout", "show", "--data", portal_dir)
    capsys.readouterr()

    (tmp_path / "x.update").write_bytes(b"none")
    for words in (
        ("add", tmp_path / "x.update"),
        ("start", "0.2.0-1", "--ring", "all"),
        ("start", "0.2.0-1", "--ring", "gate:1:2"),
        ("pause", "7"),
    ):
        assert 1 == okter("rollout", words[0], "--data", portal_dir, *words[1:])
        assert 1 == len(capsys.readouterr().err.splitlines())


def test_a_rollout_tells_who_is_held_back(portal_dir, capsys):
    """Gates whose manager has stopped updates are named with their territory; once it is let go, or the rollout over, they are not."""
    database = Database(f"sqlite:///{portal_dir / 'okter.db'}")
    with database.write() as session:
        release = Release(name="0.2.0-1", version="0.2.0", python="3.11", machine="aarch64", size=1, sha256="0" * 64)
        session.add(release)
        session.flush()
        session.add(ReleasePiece(release_id=release.id, number=0, body=b"x"))
        session.flush()
        rollouts.start(session, release, (Ring(share=WHOLE),), Rules(), now=utc_now())
        territory = session.scalars(select(Territory)).one()
        territory.updates_stopped_at, code = utc_now(), territory.code

    def shown() -> list[dict[str, object]]:
        assert 0 == okter("rollout", "show", "--data", portal_dir, "--json")
        (one,) = json.loads(capsys.readouterr().out)
        return one["held"]

    assert [(code, 1)] == [(one["code"], one["gates"]) for one in shown()]
    assert 0 == okter("rollout", "show", "--data", portal_dir)
    assert f"{code}: управляющий остановил обновления" in capsys.readouterr().out
    assert 0 == okter("rollout", "abort", "--data", portal_dir, "1")
    capsys.readouterr()
    assert [] == shown()
