"""Scores of the answers: wrong opens first, because opening for the wrong car is what must not happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.reading.asking import Said
from benchmarks.reading.seal import Mark

ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Score:
    """One set. A case is a picture or, for visits, the five pictures of one car."""

    cases: int
    wrong_opens: int
    """A sure answer with a plate that is not there, or that nobody can have seen."""
    opened: int
    """A sure answer with the right plate, before any wrong one."""
    exact: int
    """The surest answer is the plate, sure enough or not. Not counted if the plate is unknowable or missing."""
    readable: int
    """Cases with a knowable plate."""


def scores(
    truths: Mapping[str, Mark], answers: Mapping[str, Sequence[Said]], *, accept_at: float | None = None
) -> dict[str, Score]:
    """Scores by set, then in total.

    With `accept_at` answers count as sure from that confidence on, whatever the reader says.
    """
    rows: dict[str, list[Score]] = {}
    for case in _cases(truths):
        said = [tuple(_as_sure(one, accept_at) for one in answers[name]) for name in case]
        rows.setdefault(case[0].partition("/")[0], []).append(_score(truths[case[0]], said))
    found = {name: _sum(held) for name, held in rows.items()}
    return {**found, ALL: _sum(found.values())}


def _cases(names: Iterable[str]) -> list[list[str]]:
    """Names grouped by case: single pictures, and those of a visit in order."""
    cases: dict[str, list[str]] = {}
    for name in names:
        cases.setdefault(name.removesuffix(".jpg").partition("-")[0], []).append(name)
    return list(cases.values())


def _as_sure(said: Said, accept_at: float | None) -> Said:
    return said if accept_at is None else replace(said, accepted=said.confidence >= accept_at)


def _score(truth: Mark, pictures: Sequence[Sequence[Said]]) -> Score:
    """The first sure answer opens: a gate cannot take back an opening."""
    readable = bool(truth.text) and truth.tellable
    for said in pictures:
        sure = [one.text for one in said if one.accepted]
        if sure:
            right = readable and set(sure) == {truth.text}
            return Score(1, int(not right), int(right), int(_exact(truth, pictures) and readable), int(readable))
    return Score(1, 0, 0, int(readable and _exact(truth, pictures)), int(readable))


def _exact(truth: Mark, pictures: Sequence[Sequence[Said]]) -> bool:
    surest = max((one for said in pictures for one in said), key=lambda one: one.confidence, default=None)
    return surest is not None and surest.text == truth.text


def _sum(scored: Iterable[Score]) -> Score:
    held = list(scored)
    return Score(
        cases=sum(one.cases for one in held),
        wrong_opens=sum(one.wrong_opens for one in held),
        opened=sum(one.opened for one in held),
        exact=sum(one.exact for one in held),
        readable=sum(one.readable for one in held),
    )
