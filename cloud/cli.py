"""`okter`: runs the portal and maintains its data. Errors are one line. Exit codes: 0 done, 1 failed, 2 wrong usage.

Settings that cannot be used also give 2; an interrupted prompt gives 130.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import uvicorn
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from cloud import jobs, outbox
from cloud.backup import BackupFailed, backup, restore
from cloud.cells.commands import territory
from cloud.cells.errors import MoveFailed, MoveUnfinished
from cloud.command_language import say, speak_as_asked
from cloud.data_options import prepare, prepare_existing, with_data
from cloud.db.engine import Database
from cloud.db.migrate import current_version, migrate, newest_version
from cloud.db.models import Account, Letter, LetterState, Registration, utc_now
from cloud.directory.commands import directory
from cloud.directory.settings import DirectoryInvalid, directory_settings, move_key
from cloud.domain import accounts, passwords, registering, second_factor
from cloud.domain.errors import Invalid
from cloud.fleet.commands import fleet
from cloud.fleet.rollout_commands import rollout
from cloud.open_files import raise_limit
from cloud.pictures.settings import BucketInvalid, bucket_settings
from cloud.settings import (
    Settings,
    SettingsInvalid,
    ice_settings,
    mail_settings,
    nats_servers,
    operator_details,
    private_receivers,
    public_url,
    quota_settings,
    shared_secret,
)
from cloud.settings import trusted_proxies as checked_proxies
from cloud.telegram.settings import TelegramInvalid, telegram_settings
from cloud.workers import HEALTH_S, NotServing, run
from core.words.system import system_words

GRACE_S = 3
"""Maximum wait at shutdown for open requests: streams stay open for minutes."""


def settings_from(data_dir: Path, url: str, link_base: str) -> Settings:
    if "prepare=off" in url and not os.environ.get("OKTER_NATS_URL", "").strip():
        raise SettingsInvalid(
            say("OKTER_DATABASE_URL: за pgbouncer (prepare=off) PostgreSQL никого не извещает; нужен OKTER_NATS_URL")
        )
    return Settings(
        data_dir=data_dir,
        database_url=url,
        public_url=public_url(link_base),
        secret=shared_secret(data_dir, os.environ),
        mail=mail_settings(os.environ),
        quota=quota_settings(os.environ),
        nats=nats_servers(os.environ),
        bucket=bucket_settings(os.environ),
        directory=directory_settings(os.environ),
        move_key=move_key(os.environ),
        operator=operator_details(os.environ),
        ice=ice_settings(os.environ),
        telegram=telegram_settings(os.environ),
        private_receivers=private_receivers(os.environ.get("OKTER_PRIVATE_RECEIVERS", "")),
    )


def worker_app() -> Any:
    """The application of one of several workers. Its settings come from the environment prepared by `serve`."""
    from cloud.app import create_app  # noqa: PLC0415  # the other commands need no web stack

    data_dir, url = prepare(None, None)
    return create_app(settings_from(data_dir, url, os.environ["OKTER_PUBLIC_URL"]))


@click.group(help=say("ОКтер: портал пропусков на территорию."))
def okter() -> None:
    """The group; its commands follow."""


@okter.command(help=say("Запустить портал: без настроек, на SQLite, письма в DIR/mail."))
@with_data
@click.option("--host", default="127.0.0.1", show_default=True, help=say("Адрес, на котором слушать."))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help=say("Больше одного: только с PostgreSQL."),
)
@click.option("--public-url", "link_base", help=say("Адрес для ссылок в письмах, например https://okter.example.ru."))
@click.option(
    "--trusted-proxies",
    envvar="OKTER_TRUSTED_PROXIES",
    default="127.0.0.1,::1",
    show_default=True,
    help=say("Прокси, которым верить об адресе посетителя: адреса и сети через запятую."),
)
def serve(
    data: Path | None,
    database: str | None,
    host: str,
    port: int,
    workers: int,
    link_base: str | None,
    trusted_proxies: str,
) -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    raise_limit()
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log every URL, and some contain secrets
    data_dir, url = prepare(data, database)
    shown_host = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  # compared, not bound
    named = link_base or os.environ.get("OKTER_PUBLIC_URL")
    settings = settings_from(data_dir, url, named or f"http://{shown_host}:{port}")
    if workers > 1 and url.startswith("sqlite"):
        raise click.UsageError(
            say("--workers: на SQLite процесс один; для нескольких укажите --database postgresql://…")
        )
    upgrade(url)
    print(say("ОКтер: {public_url}  данные: {data_dir}", public_url=settings.public_url, data_dir=data_dir), flush=True)
    if named is None and host not in {"127.0.0.1", "localhost", "::1"}:
        print(say("Ссылки в письмах будут на этот адрес; другой задаёт --public-url"), flush=True)
    if not settings.mail.host:
        print(say("Письма: {data_dir} (SMTP не настроен)", data_dir=data_dir / "mail"), flush=True)
    common: dict[str, Any] = {
        "host": host,
        "port": port,
        "log_level": "warning",
        "server_header": False,
        "timeout_graceful_shutdown": GRACE_S,
        "forwarded_allow_ips": checked_proxies(trusted_proxies),
    }
    if workers == 1:
        from cloud.app import create_app  # noqa: PLC0415  # the other commands need no web stack

        try:
            uvicorn.run(create_app(settings), **common)
        except SystemExit as ended:  # uvicorn has logged why; its exit code is its own
            if ended.code:
                raise NotServing(say("{host}:{port}: портал не запущен", host=host, port=port)) from None
        return
    os.environ.update(OKTER_DATA=str(data_dir), OKTER_DATABASE_URL=url, OKTER_PUBLIC_URL=settings.public_url)
    common["timeout_worker_healthcheck"] = HEALTH_S
    run(uvicorn.Config("cloud.cli:worker_app", factory=True, workers=workers, **common))


def upgrade(url: str) -> str:
    """Migrates the database to this program's version. Returns the database's version."""
    database = Database(url)
    try:
        migrate(database.engine)
        return current_version(database.engine) or ""
    finally:
        database.close()


@okter.command("migrate", help=say("Обновить базу до версии программы."))
@with_data
def migrate_command(data: Path | None, database: str | None) -> None:
    _, url = prepare(data, database)
    print(say("Версия базы: {url} (программа: {what})", url=upgrade(url), what=newest_version()))


@okter.command("backup", help=say("Сохранить базу, ключ и снимки в один файл; портал можно не останавливать."))
@with_data
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def backup_command(data: Path | None, database: str | None, target: Path) -> None:
    data_dir, url = prepare_existing(data, database)
    backup(data_dir, url, target.absolute())
    print(say("{target}: {st_size:.1f} МБ", target=target, st_size=target.stat().st_size / 1000000.0))
    if (bucket := bucket_settings(os.environ)) is not None:
        print(say("Снимки остаются в корзине {bucket}: её копируют отдельно", bucket=bucket.bucket))


@okter.command("restore", help=say("Вернуть данные из резервной копии."))
@with_data
@click.option("--replace", is_flag=True, help=say("Заменить базу, которая уже есть. Портал должен быть остановлен."))
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False))
def restore_command(data: Path | None, database: str | None, source: Path, *, replace: bool) -> None:
    data_dir, url = prepare(data, database)
    restore(source, data_dir, url, replace=replace)
    print(say("{data_dir}: данные восстановлены; шлагбаумы заново получат список целиком", data_dir=data_dir))


@okter.command("mail", help=say("Показать письма, которые ждут отправки или не отправлены, и почему."))
@with_data
@click.option("--retry", is_flag=True, help=say("Отправить ждущие и не отправленные письма сейчас."))
def mail_command(data: Path | None, database: str | None, *, retry: bool) -> None:
    _, url = prepare_existing(data, database)
    base = Database(url)
    with base.write() as session:
        open_letters = session.query(Letter).filter(Letter.state != LetterState.SENT).order_by(Letter.id)
        for letter in open_letters:
            if retry and letter.text:  # the text of a letter that was given up is deleted: its links have expired
                letter.state, letter.next_at, letter.leased_until = LetterState.WAITING, utc_now(), None
            made = letter.created_at.isoformat(timespec="seconds")
            print(
                made,
                letter.state,
                letter.recipient,
                letter.subject,
                say("попыток {attempts}", attempts=letter.attempts),
                letter.error,
                sep="\t",
            )
        print(say("ждёт: {waiting}", waiting=outbox.standing(session, now=utc_now()).waiting))
    base.close()


@okter.command(
    "jobs", help=say("Показать долгие задания: что ждёт, что делается и насколько, что не удалось и почему.")
)
@with_data
@click.option("--retry", is_flag=True, help=say("Сделать ждущие и не удавшиеся задания сейчас."))
def jobs_command(data: Path | None, database: str | None, *, retry: bool) -> None:
    _, url = prepare_existing(data, database)
    base = Database(url)
    with base.write() as session:
        if retry:
            jobs.again(session, now=utc_now())
        for job in jobs.listed(session):
            made = job.created_at.isoformat(timespec="seconds")
            tries = say("попыток {attempts}", attempts=job.attempts)
            print(made, job.state, job.kind, say("сделано {done}", done=job.done), tries, job.error, sep="\t")
        standing = jobs.standing(session, now=utc_now())
    base.close()
    print(
        say("ждёт: {waiting}, делается: {running}, не удалось: {failed}",
            waiting=standing.waiting, running=standing.running, failed=standing.failed)
    )  # fmt: skip


@okter.group(help=say("Аккаунты: посмотреть, подтвердить, сменить пароль."))
def user() -> None:
    """The group; its commands follow."""


@user.command("list", help=say("Показать аккаунты."))
@with_data
def user_list(data: Path | None, database: str | None) -> None:
    _, url = prepare_existing(data, database)
    base = Database(url)
    with base.read() as session:
        for account in session.query(Account).order_by(Account.id):
            print(account.email, account.name, say("подтверждён"), sep="\t")
        for waiting in session.query(Registration).order_by(Registration.id):
            print(waiting.email, waiting.name, say("не подтверждён"), sep="\t")
    base.close()


@user.command("confirm", help=say("Подтвердить адрес вместо ссылки из письма."))
@with_data
@click.argument("email")
def user_confirm(data: Path | None, database: str | None, email: str) -> None:
    _, url = prepare_existing(data, database)
    base = Database(url)
    with base.write() as session:
        address, now = accounts.read_email(email), utc_now()
        waiting = registering.newest(session, address, now=now)
        if accounts.by_email(session, address) is None:
            if waiting is None:
                raise Invalid("email", "Такого аккаунта нет.")
            registering.complete(session, waiting, now=now)
    base.close()
    print(say("{email}: подтверждён", email=email))


@user.command("no-code", help=say("Выключить вход с кодом: потерян и телефон, и запасные коды."))
@with_data
@click.argument("email")
def user_no_code(data: Path | None, database: str | None, email: str) -> None:
    _, url = prepare_existing(data, database)
    base = Database(url)
    with base.write() as session:
        account = accounts.by_email(session, accounts.read_email(email))
        if account is None:
            raise Invalid("email", "Такого аккаунта нет.")
        second_factor.switch_off(account)
    base.close()
    print(say("{email}: вход с кодом выключен", email=email))


@user.command("password", help=say("Задать новый пароль и завершить все входы."))
@with_data
@click.argument("email")
@click.password_option(prompt=say("Пароль"), confirmation_prompt=say("Ещё раз"))
def user_password(data: Path | None, database: str | None, email: str, password: str) -> None:
    passwords.check_new(password, password)
    _, url = prepare_existing(data, database)
    base = Database(url)
    with base.write() as session:
        account = accounts.by_email(session, accounts.read_email(email))
        if account is None:
            raise Invalid("email", "Такого аккаунта нет.")
        accounts.change_password(session, account, passwords.hashed(password), keep=None)
    base.close()
    print(say("{email}: пароль изменён", email=email))


for _group in (fleet, rollout, territory, directory):
    okter.add_command(_group)


def main(argv: Sequence[str] | None = None) -> None:
    """Runs one command."""
    os.umask(0o077)  # the data folder may have been created by hand, readable by all: its files must not be
    speak_as_asked()
    try:
        okter.main(args=argv, prog_name="okter", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _fail(error.format_message(), 2)
    except (SettingsInvalid, BucketInvalid, DirectoryInvalid, TelegramInvalid) as error:
        _fail(str(error), 2)
    except Invalid as error:
        _fail(say(error.text, **error.facts), 1)
    except (BackupFailed, NotServing, MoveFailed, MoveUnfinished) as error:
        _fail(str(error), 1)
    except CommandError as error:  # a database newer than the program, among others
        _fail(say("база данных: {error}", error=error), 1)
    except SQLAlchemyError as error:
        _fail(say("база данных: {error}", error=str(error).splitlines()[0]), 1)
    except OSError as error:
        _fail(f"{error.filename or ''}: {system_words(error)}".lstrip(": "), 1)


def _fail(text: str, code: int) -> None:
    print(f"okter: {text}", file=sys.stderr)
    sys.exit(code)
