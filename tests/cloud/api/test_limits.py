"""The rate limits of a worker, when more gates call than it keeps buckets for."""

from __future__ import annotations

from cloud.api import limits
from cloud.api.limits import RateLimit


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
