"""Keeps what people have typed out of the errors of the database, and so out of the log: names, plates, hashes of tokens.

SQLAlchemy's part is `hide_parameters`. PostgreSQL repeats values itself: «DETAIL: Key (email)=(…) already exists», «invalid
input syntax for type integer: "…"». SQLite names columns only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

OF_DATA = "22"
"""SQLSTATE class of errors about a value; their first line repeats it."""


def say_no_values(engine: Engine) -> None:
    """From here on, errors of this engine's statements say what is wrong with which constraint, and no value."""

    @event.listens_for(engine, "handle_error")
    def _withhold(context: ExceptionContext) -> None:
        found = context.original_exception
        diagnosis = getattr(found, "diag", None)
        if diagnosis is None or diagnosis.message_primary is None:
            return  # not from a PostgreSQL server
        said = _said(found, diagnosis)
        found.args = (said,)
        told = context.sqlalchemy_exception
        if told is not None:  # its text was made before
            told.args = (f"({type(found).__module__}.{type(found).__name__}) {said}",)


def _said(error: Any, diagnosis: Any) -> str:
    if (error.sqlstate or "").startswith(OF_DATA):
        return f"a value that the database does not take ({error.sqlstate})"
    # A constraint by its name; the text of a trigger of ours (`cloud.cells.freeze`) stands in the first line too.
    return str(diagnosis.message_primary)
