"""Every form of the portal is sent nonsense by whoever may send it: an answer below 500, and the portal goes on."""

from __future__ import annotations

import os
import random
import re

import pytest

from cloud.web.pages import ALL_PAGES

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
POSTS = sorted({page.path for page in ALL_PAGES if page.method == "POST"})
ODD = ("", " ", "0", "-1", "1e999", "9" * 400, "\0", "\ud7ff", "\u202e", "Я" * 3000, "2026-02-30", "9999-12-31T23:59", "0001-01-01T00:00",
       "А123ВС77", "a@b", "' OR 1=1 --", "<script>", "{{7*7}}", "../../x", "%00", "on", "1", "\r\nSet-Cookie: a=b", "🚗", "true")  # fmt: skip
NAMES = re.compile(r'name="([^"]+)"')
ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "1"))


@pytest.mark.parametrize("path", POSTS)
def test_nonsense_in_every_form(world, place, path: str) -> None:
    """Fields of the page itself and of others, once, twice, or not at all, each with something odd in it."""
    rng = random.Random(f"{path} {os.environ.get('FUZZ_SEED', '1')}")
    address = re.sub(r"\{(\w+)\}", lambda found: place.ids.get(found[1], "x"), path)
    for account in (place.manager, place.resident):
        visitor = world.as_(account)
        page = visitor.get(address)
        names = sorted(
            {*NAMES.findall(page.text), "plate", "note", "valid_until", "password", "email", "name", "object"}
            - {"csrf"}
        )
        for _ in range(ROUNDS):
            fields = {name: rng.choice(ODD) for name in names if rng.random() < 0.8}
            answer = visitor.post(address, **fields)
            assert answer.status_code < 500, (fields, answer.text[:300])
            body = rng.choice((b"", b"%", b"&=&=&", b"csrf=%FF", b"a" * 70_000, b"=" * 300, b"\xff\xfe"))
            kind = rng.choice(
                (
                    "application/x-www-form-urlencoded",
                    "multipart/form-data",
                    "multipart/form-data; boundary=x",
                    "text/plain",
                    "é",
                )
            )
            answer = visitor.request("POST", address, content=body, headers={"content-type": kind.encode("latin-1")})
            assert answer.status_code < 500, (body[:40], kind, answer.text[:300])
    assert world.visitor().get("/login").status_code == 200
