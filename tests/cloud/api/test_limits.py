"""What a worker keeps in memory of its callers, when more of them call than it has room for."""

from __future__ import annotations

from cloud.api import limits
from cloud.api.limits import RateLimit, Refusals


def test_who_calls_stays_limited_however_many_others_do(monkeypatch):
    """With more keys than room, the one that was used least recently is forgotten, and never one that has just been used."""
    monkeypatch.setattr(limits, "KEYS", 3)
    limit = RateLimit(per_s=0.001, burst=1, now=lambda: 0.0)
    for key in ("busy", "quiet", "other"):
        assert 0.0 == limit.take(key)
    for stranger in range(5):
        assert limit.take("busy") > 0.0
        assert 0.0 == limit.take(stranger)

    assert 0.0 == limit.take("quiet")  # forgotten: it is as if it had never called


def test_a_refused_caller_is_asked_about_again_after_a_while(monkeypatch):
    """Who was refused is refused without the database for as long as it was told, but never for more than a minute."""
    monkeypatch.setattr(limits, "KEYS", 2)
    clock = [0.0]
    refused = Refusals(now=lambda: clock[0])
    refused.note("short", 5.0)
    refused.note("long", 9000.0)

    assert [5.0, 60.0, 0.0] == [refused.wait_s(key) for key in ("short", "long", "other")]
    clock[0] = 5.0
    assert [0.0, 55.0] == [refused.wait_s(key) for key in ("short", "long")]
    clock[0] = 60.0
    assert 0.0 == refused.wait_s("long")

    for key in ("a", "b", "c"):  # more than there is room for: the first is forgotten
        refused.note(key, 9.0)
    assert [0.0, 9.0, 9.0] == [refused.wait_s(key) for key in ("a", "b", "c")]
