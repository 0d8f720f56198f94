"""The declarative base and the column types that all tables share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Index, MetaData, text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

# Constraints have names so that later migrations can find them on both databases.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite has no time zones and stores it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the seam of SQLAlchemy
        if value is None:
            return None
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base class of all tables; mypy and Alembic read the schema from it."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  # SQLAlchemy's own declaration


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index of the rows for which `where` holds, on both databases."""
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=text(where))


TRIGRAMS = "_trigrams"
"""Suffix of the names of these indexes."""


def trigram_index(name: str, first: str, searched: str) -> Index:
    """Lets PostgreSQL find a part of `searched` among the rows with one `first`: GIN over pg_trgm and btree_gin."""
    assert name.endswith(TRIGRAMS), name
    ops = {searched: "gin_trgm_ops"}
    return Index(name, first, searched, postgresql_using="gin", postgresql_ops=ops).ddl_if(dialect="postgresql")


def utc_now() -> datetime:
    """The wall clock of the server, aware."""
    return datetime.now(UTC)
