"""What belongs to a territory is declared once, and wholly."""

from __future__ import annotations

from cloud.cells.inventory import ACCOUNTS, MOVING_TABLES, PARTS, STAYS, TABLES, WITH_ACCOUNTS
from cloud.db.models import Base


def test_every_table_of_the_portal_is_declared_once():
    """A new table either moves with its territory, goes with a person, or stays, and somebody has decided which."""
    declared = [*(part.table for part in PARTS), *WITH_ACCOUNTS, *STAYS]

    assert sorted(Base.metadata.tables) == sorted(declared)


def test_every_foreign_key_of_what_moves_is_declared():
    """A column that names a row of another table is translated; one that is not would name a stranger's row."""
    for part in PARTS:
        found = {key.parent.name: key.column.table.name for key in Base.metadata.tables[part.table].foreign_keys}
        assert found == {column: found[column] for column in part.refs if column in found}, part.table
        for column, table in part.refs.items():
            assert column in TABLES[part.table].c, part.table
            assert table in MOVING_TABLES | {ACCOUNTS}, part.table


def test_what_hangs_on_a_territory_goes_with_it():
    """A row that names a row of a territory is deleted with that: what only forgets the name would be told, or shown, afterwards."""
    tables = Base.metadata.tables.values()
    keys = [(table.name, key.column.table.name, key.ondelete) for table in tables for key in table.foreign_keys]
    gone, before = {"territories"}, set()
    while gone != before:
        before = gone
        gone = gone | {child for child, parent, ondelete in keys if parent in gone and ondelete == "CASCADE"}

    assert set() == {child for child, parent, _ in keys if parent in gone} - gone
    assert MOVING_TABLES <= gone


def test_parents_move_before_their_children():
    """A row is copied when those that it names have a place already."""
    seen = {ACCOUNTS}
    for part in PARTS:
        assert set(part.refs.values()) <= seen, part.table
        seen.add(part.table)


def test_what_is_hidden_and_what_is_brought_along_are_columns():
    """A column that is renamed is renamed in the declaration too."""
    for part in PARTS:
        assert {part.belongs, "id", *part.hidden, *part.credentials} <= set(TABLES[part.table].c.keys()), part.table
