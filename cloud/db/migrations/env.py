"""Run by Alembic: hands it the engine that `cloud.db.migrate` was given."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Engine, text

from cloud.db.models import Base

engine = context.config.attributes["engine"]
assert isinstance(engine, Engine)

with engine.execution_options(immediate=True).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=engine.dialect.name == "sqlite",  # SQLite alters a table by copying it
        compare_type=True,
    )
    with context.begin_transaction():
        if (
            engine.dialect.name == "postgresql"
        ):  # of hosts that start together one migrates, and the others find it done
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('okter-migrate'))"))
        context.run_migrations()
