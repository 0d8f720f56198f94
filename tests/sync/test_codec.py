"""The bodies of the contract: what is written is read back, and nothing else is read."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import wire
from tests.pass_items import pass_item

NOW = datetime(2026, 11, 22, 9, 30, 0, 250000, tzinfo=UTC)
ITEM = {
    "id": "a", "plate": "A777AA77", "valid_from": None, "valid_until": None, "one_time": False, "blocked": False,
    "deleted": False,
}  # fmt: skip
moments = st.datetimes(datetime(2001, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the zone follows
names = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=60)


@given(
    st.builds(
        wire.PassItem,
        id=st.from_regex(r"[0-9a-z-]{1,36}", fullmatch=True),
        plate=names.map(lambda text: text[:16]),
        valid_from=st.none() | moments,
        valid_until=st.none() | moments,
        one_time=st.booleans(),
        blocked=st.booleans(),
        object=names,
        deleted=st.booleans(),
    )
)
def test_what_is_written_is_read_back(item):
    """Every value of the contract survives its own JSON."""
    page = wire.PassPage((item, item), "1-2", more=True, reset=False)

    assert page == wire.decode(wire.PassPage, wire.encode(page))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from([*ITEM, "items", "cursor", "valid_from"]), inner)
        ),
        max_leaves=8,
    )
)
def test_whatever_else_is_refused_in_one_way(document):
    """Any other JSON is a WireError, never another exception."""
    with pytest.raises(wire.WireError, match=r"^body"):
        wire.read(wire.PassPage, document)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_way(body):
    """Bytes that are no JSON are a WireError too."""
    with pytest.raises(wire.WireError):
        wire.decode(wire.PassPage, body)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"id": 7}, "body.id"),
        ({"id": ""}, "body.id"),
        ({"id": "a" * 37}, "body.id"),
        ({"id": "a b"}, "body.id"),
        ({"plate": None}, "body.plate"),
        ({"plate": "A\n7"}, "body.plate"),
        ({"plate": "\ud800"}, "body.plate"),
        ({"one_time": "yes"}, "body.one_time"),
        ({"one_time": 1}, "body.one_time"),
        ({"valid_until": "2026-11-22"}, "body.valid_until"),
        ({"valid_until": "2026-11-22T09:00:00"}, "body.valid_until"),
        ({"valid_until": "0001-01-01T00:00:00+14:00"}, "body.valid_until"),
        ({"valid_until": 5}, "body.valid_until"),
        ({"object": "x" * 121}, "body.object"),
    ],
)
def test_wrong_values_are_named(change, path):
    """A value of the wrong type or size is refused by its path; nothing is coerced."""
    with pytest.raises(wire.WireError) as caught:
        wire.read(wire.PassItem, ITEM | change)

    assert str(caught.value).startswith(f"{path}:")


def test_missing_and_unknown_keys():
    """A required key must be there; a key of a newer peer is passed over."""
    with pytest.raises(wire.WireError, match=r"body\.plate: missing"):
        wire.read(wire.PassItem, {"id": "a"})

    assert pass_item(id="a", plate="A777AA77") == wire.read(wire.PassItem, ITEM | {"colour": "red"})


@pytest.mark.parametrize("left_out", ["valid_from", "valid_until", "one_time", "blocked", "deleted"])
def test_what_narrows_a_pass_is_never_left_out(left_out):
    """A pass without its end, its block or its "once" is refused, and not taken for one that holds for everybody."""
    told = {key: value for key, value in ITEM.items() if key != left_out}
    page = json.dumps({"items": [told], "cursor": "1", "more": False, "reset": False}).encode()
    with pytest.raises(wire.WireError, match=rf"items\S*\.{left_out}: missing"):
        wire.decode(wire.PassPage, page)


def test_moments_are_utc():
    """A moment with any offset is read as UTC and written with a Z."""
    item = wire.read(wire.PassItem, ITEM | {"valid_from": "2026-11-22T12:30:00.25+03:00"})

    assert NOW == item.valid_from
    assert "2026-11-22T09:30:00.250000Z" == json.loads(wire.encode(item))["valid_from"]


@pytest.mark.parametrize("body", [b"NaN", b'{"items": NaN}', b"[" * 100_000, b"9" * 10_000])
def test_json_tricks_are_refused(body):
    """What json.loads lets through or chokes on is a WireError."""
    with pytest.raises(wire.WireError):
        wire.decode(wire.PassPage, body)


def test_lists_are_bounded():
    """A page may not be longer than the contract says."""
    with pytest.raises(wire.WireError, match=r"body\.items"):
        wire.read(wire.PassPage, {"items": [ITEM] * (wire.PAGE + 1), "cursor": "1", "more": False, "reset": True})


def test_every_public_body_has_a_schema():
    """Each dataclass of the contract can be published, with a required list that fits its defaults."""
    bodies = [value for value in vars(wire).values() if is_dataclass(value) and value.__module__ == wire.__name__]
    for body in bodies:
        schema = wire.schema(body)
        assert {field.name for field in fields(body)} == set(schema["properties"])
