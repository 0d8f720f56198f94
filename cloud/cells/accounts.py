"""Accounts of people in a territory that moves. Each cell has its own, matched by confirmed e-mail address (ADR 145)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from cloud.cells.inventory import ACCOUNTS, TABLES
from cloud.cells.rows import Rows
from cloud.db.cells import ArrivalRow

BATCH = 500
_ACCOUNTS, _CONSENTS = TABLES["accounts"], TABLES["consents"]


def bring(source: Session, target: Session, rows: Rows, wanted: Iterable[int]) -> None:
    """Maps these accounts of the old cell to accounts of the new one: those with the same address, otherwise copies.

    A copy includes the password, the second factor and the consents. An account that already exists at the new cell is
    left unchanged.
    """
    missing = sorted(old for old in wanted if rows.find(ACCOUNTS, old) is None)
    for start in range(0, len(missing), BATCH):
        some = missing[start : start + BATCH]
        people = [dict(row) for row in source.execute(select(_ACCOUNTS).where(_ACCOUNTS.c.id.in_(some))).mappings()]
        addresses = [one["email"] for one in people]
        query = select(_ACCOUNTS.c.email, _ACCOUNTS.c.id).where(_ACCOUNTS.c.email.in_(addresses))
        there = {email: number for email, number in target.execute(query)}  # noqa: C416  # rows, not pairs
        found = [(one["id"], there[one["email"]]) for one in people if one["email"] in there]
        rows.add(target, ACCOUNTS, found, made=False)
        for one in people:
            if one["email"] not in there:
                _copy(source, target, rows, one)


def refresh(source: Session, target: Session, code: str) -> None:
    """Updates the copied accounts from the old cell, so that a password changed during the move takes effect."""
    made = select(ArrivalRow.old_id, ArrivalRow.new_id).where(
        ArrivalRow.code == code, ArrivalRow.table_name == ACCOUNTS, ArrivalRow.made
    )
    new = {int(old): int(fresh) for old, fresh in target.execute(made)}
    for old, fresh in new.items():
        row = source.execute(select(_ACCOUNTS).where(_ACCOUNTS.c.id == old)).mappings().one_or_none()
        if row is not None:
            values = {name: value for name, value in row.items() if name not in {"id", "email"}}
            target.execute(update(_ACCOUNTS).where(_ACCOUNTS.c.id == fresh).values(**values))


def _copy(source: Session, target: Session, rows: Rows, person: dict[str, Any]) -> None:
    values = {name: value for name, value in person.items() if name != "id"}
    number = target.scalar(insert(_ACCOUNTS).values(**values).returning(_ACCOUNTS.c.id))
    assert number is not None
    rows.add(target, ACCOUNTS, [(person["id"], number)])
    consents = source.execute(select(_CONSENTS).where(_CONSENTS.c.account_id == person["id"])).mappings()
    for consent in consents:
        told = {name: value for name, value in consent.items() if name != "id"} | {"account_id": number}
        target.execute(insert(_CONSENTS).values(**told))
