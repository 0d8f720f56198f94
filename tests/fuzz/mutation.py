"""Bytes that are nearly right: real examples cut, doubled, spliced and sprinkled with what breaks readers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

TOKENS = (
    b"", b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n\r\n", b'"', b"'", b"[" * 2000, b"{" * 50, b"]]",
    b"1e999", b"-0", b"NaN", b"nan", b"inf", b"9" * 400, b"18446744073709551616", b"-1", b"0x1", b"null", b"true", b"\\u0000",
    b"\\ud800", "\u202e".encode(), "\u0661\u0662\u0663".encode(), "Я".encode(), "\U0001f697".encode(), b"2026-02-30", b"9999-12-31",
    b"0001-01-01", b"24:00", b"../..", b"A" * 70_000, b"%s%n", b"{0}", b"{x}", b"=cmd()", b",,,,", b";", b"\t", b"[[lane]]\n",
    b"data:", b"id:\0", b"event: command", b"\xed\xa0\x80", b"\xc0\xaf",
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of `seeds` after a few edits, or bytes of nowhere."""
    if draw(st.integers(0, 15)) == 0:
        return draw(st.binary(max_size=400))
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.integers(0, 1 + len(data) // 4)))
        match draw(st.sampled_from(("cut", "drop", "double", "token", "flip", "splice", "byte"))):
            case "cut":
                del data[at:]
            case "drop":
                del data[at:until]
            case "double":
                data[at:at] = data[at:until]
            case "token":
                data[at:until] = draw(st.sampled_from(TOKENS))
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "splice":
                data[at:until] = draw(st.sampled_from(seeds))[at:until]
            case _:
                data[at:at] = bytes([draw(st.integers(0, 255))])
    return bytes(data)


_ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=30),
    st.sampled_from(("", "\0", "\ud800", "x" * 5000, "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-13:00", "../..", 10**400, [], {}, [[]] * 3)),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)  # fmt: skip


@st.composite
def misshapen(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of `seeds`, which are JSON, with values of another type, keys gone or added, lists too long: still JSON."""
    document = json.loads(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 3))):
        document = draw(_changed(document))
    return json.dumps(document).encode()


@st.composite
def _changed(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key, how = draw(st.sampled_from(sorted(value))), draw(st.integers(0, 9))
        rest = {name: item for name, item in value.items() if name != key}
        if how == 0:
            return rest
        if how == 1:
            return {**value, draw(st.text(max_size=8)): draw(_ODD)}
        return {**rest, key: draw(_changed(value[key]))}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        at, how = draw(st.integers(0, len(value) - 1)), draw(st.integers(0, 9))
        if how == 0:
            return value[:at] + value[at + 1 :]
        if how == 1:
            return value * draw(st.integers(2, 40))
        return [*value[:at], draw(_changed(value[at])), *value[at + 1 :]]
    return draw(_ODD)
