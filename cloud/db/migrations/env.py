"""Run by Alembic: hands it the engine that `cloud.db.migrate` was given."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Engine, text

from cloud.db.base import TRIGRAMS
from cloud.db.models import Base

engine = context.config.attributes["engine"]
assert isinstance(engine, Engine)


def _is_here(name: str | None, kind: str, _parents: object) -> bool:
    """Indexes of trigrams are PostgreSQL's alone, and there only where its extensions may be used."""
    return not (kind == "index" and (name or "").endswith(TRIGRAMS) and engine.dialect.name == "sqlite")


with engine.execution_options(immediate=True).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=engine.dialect.name == "sqlite",  # SQLite alters a table by copying it
        compare_type=True,
        include_name=_is_here,
        include_object=lambda _object, name, kind, *_: _is_here(name, kind, {}),
    )
    with context.begin_transaction():
        if (
            engine.dialect.name == "postgresql"
        ):  # of hosts that start together one migrates, and the others find it done
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('okter-migrate'))"))
        context.run_migrations()
