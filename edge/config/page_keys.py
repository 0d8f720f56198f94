"""Which keys of gate.toml the guard's page may change, even if its process has been taken over (ADR 119, 155). Pure.

They govern how the gate sees and decides, and when nobody is rung for a waiting car (ADR 206). Whatever opens access (addresses, ports, secrets, boards, users, plug-ins) is
excluded: an attacker who controls the page must not gain the box.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from core.errors import ConfigError
from core.rules.policy import Policy
from edge.config.keys import keys_of
from edge.config.live import LIVE_VIEW, NOTICES
from edge.language import say
from edge.store.settings import StoreSettings

SITE_KEYS = ("name",)
NOTICE_KEYS = ("quiet",)
"""Of each table of notices. Not whom to tell or by which server: that would have plates and a button sent to a stranger."""
LANE_KEYS = ("title", "approach", *LIVE_VIEW, "mask")


def on_page(name: str) -> bool:
    """Whether the page may change the key `name`, given as for `gate config set`."""
    table, _, rest = name.partition(".")
    key = rest.rpartition(".")[2]
    whole = {
        "policy": keys_of(Policy),
        "store": keys_of(StoreSettings),
        "site": SITE_KEYS,
        **dict.fromkeys(NOTICES, NOTICE_KEYS),
    }
    if table == "lane":
        return key in LANE_KEYS and rest.count(".") <= 1
    return key in whole.get(table, ()) and "." not in rest


def guard(before: str, after: str) -> None:
    """Raises ConfigError if two texts of gate.toml differ in other than the page's keys, or cannot be compared."""
    try:
        then, now = _flat(tomllib.loads(before)), _flat(tomllib.loads(after))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        raise ConfigError(_by_hand(say("файл с ошибкой записи"))) from None
    changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    foreign = [name for name in changed if not on_page(name)]
    if foreign:
        raise ConfigError(_by_hand(", ".join(foreign[:5])))


def _by_hand(what: str) -> str:
    return say("{what}: это страница не меняет; на коробке: sudo gate config set, sudo gate config rollback", what=what)


def _flat(document: dict[str, Any]) -> dict[str, str]:
    """Every key by name, with its value in comparable form; entries of an array of tables go by their own names."""
    return dict(_keys(document))


def _keys(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for table, found in document.items():
        if isinstance(found, dict):
            yield from ((f"{table}.{key}", repr(value)) for key, value in found.items())
        elif isinstance(found, list) and all(isinstance(entry, dict) for entry in found):
            names = [str(entry.get("name")) for entry in found]
            yield table, repr(names)
            for name, entry in zip(names, found, strict=True):
                yield from ((f"{table}.{name}.{key}", repr(value)) for key, value in entry.items())
        else:
            yield table, repr(found)
