"""Upgrades a database to the newest version, and tells whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

SCRIPTS = Path(__file__).parent / "migrations"


def alembic_config(engine: Engine | None = None) -> Config:
    """Alembic's configuration, made in code because an installed wheel has no ini file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["engine"] = engine
    return config


def newest_version() -> str:
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


def current_version(engine: Engine) -> str | None:
    """The version of a database; None = empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine, version: str = "head") -> None:
    """Upgrade in one transaction if the database can; an interrupted upgrade changes nothing."""
    command.upgrade(alembic_config(engine), version)


def downgrade(engine: Engine, version: str) -> None:
    command.downgrade(alembic_config(engine), version)
