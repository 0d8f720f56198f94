"""Errors of the database in the log: what is wrong, and none of what people have typed."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cloud.db.engine import Database
from tests.cloud.places import account_in

SECRETS = ("secret@example.com", "Тайный Человек", "O666OO66", "71234567890", "deadbeef")
FAULTS = {
    "a key that is there already": (
        "INSERT INTO accounts SELECT * FROM accounts WHERE email = :email AND phone <> :name", "accounts",
    ),
    "a wrong kind of value": ("SELECT CAST(:name AS integer) + 1 FROM nowhere WHERE plate = :plate", "nowhere"),
    "no such column": ("UPDATE accounts SET no_such_column = :plate WHERE phone = :phone", "no_such_column"),
    "null where none may be": ("UPDATE accounts SET email = NULL WHERE email = :email AND :hash <> :plate", "email"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_database_tells_no_values(database, caplog, fault):
    """Whatever a statement fails of, the log has the statement and the reason, and no parameter of it."""
    email, name, plate, phone, hashed = SECRETS
    with database.write() as session:
        account = account_in(session, "secret")
        account.email, account.name, account.phone = email, name, phone
    statement, reason = FAULTS[fault]

    try:
        with database.write() as session:
            values = {"email": email, "name": name, "plate": plate, "phone": phone, "hash": hashed}
            used = {key: value for key, value in values.items() if f":{key}" in statement}
            session.execute(text(statement), used)
        pytest.fail("nothing failed")
    except DBAPIError as error:
        logging.getLogger("cloud").exception("a statement failed")
        told = f"{caplog.text}\n{error}\n{error.orig}"

    assert [] == [secret for secret in SECRETS if secret in told]
    assert reason in told


@pytest.mark.postgres
def test_a_value_that_postgresql_repeats_is_withheld(postgres_url, caplog):
    """PostgreSQL's own words about a value, which repeat it, are in no log."""
    database = Database(postgres_url)
    try:
        with database.read() as session:
            session.execute(text("SELECT CAST(CAST(:name AS text) AS integer)"), {"name": SECRETS[1]})
    except DBAPIError:
        logging.getLogger("cloud").exception("a statement failed")
    finally:
        database.close()

    assert "22P02" in caplog.text
    assert SECRETS[1] not in caplog.text
