"""`load`: turns the file into a `GateConfig`, or reports all of its problems at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from core.errors import ConfigError
from edge import paths
from edge.config.account import closed_to_services, how_to_open
from edge.config.checks import check_exits, check_names, check_pushing, check_reference, check_time_zone, check_titles
from edge.config.find import find_config
from edge.config.lanes import read_lane
from edge.config.lines import key_lines
from edge.config.problems import Report, unknown_key
from edge.config.schema import ARRAY_TABLES, SINGLE_TABLES, GateConfig
from edge.config.secrets import SecretPlaces
from edge.config.table import read_table
from edge.config.text import parse, read_text
from edge.language import say
from relay.input_settings import InputSettings
from relay.plan import check
from relay.settings import BarrierSettings

Raw = Mapping[str, Any]
Settings = TypeVar("Settings")


def load(path: Path | None = None, *, for_services: bool = False) -> GateConfig:
    """Read and check a config: `path`, or the one that `find_config` finds.

    `for_services`: it is also a problem if only root can read the installed config and its secrets. Commands that
    open or stop the barrier by hand leave it off, so that this cannot stop them. Any other config is a draft, from
    which no service starts.

    Raises ConfigError with every problem as `FILE:LINE: key: what is wrong, what is allowed`.
    """
    file = find_config(path).absolute()
    text = read_text(file)
    for_services = for_services and file == paths.INSTALLED_CONFIG
    if for_services and closed_to_services(file):
        raise ConfigError(how_to_open(file))
    return load_text(text, file, for_services=for_services)


def load_text(text: str, file: Path, *, for_services: bool = False) -> GateConfig:
    """The config that `text` would give in place of `file`; relative paths start at its folder. Raises ConfigError."""
    report = Report(file, key_lines(text), for_services=for_services)
    document, broken = parse(text, report)
    config = _read(document, report, broken=broken)
    report.raise_if_any()
    assert config is not None
    return config


def _read(document: Raw, report: Report, *, broken: bool) -> GateConfig | None:
    """The config, or None if a problem was reported. `broken`: lines were left out, so a missing key proves nothing."""
    known = [*SINGLE_TABLES, *ARRAY_TABLES]
    for name in document:
        if name not in known:
            report.add((name,), unknown_key(name, known))
    raw = {name: _entries(name, document, report) for name in ARRAY_TABLES}
    single: dict[str, Any] = {name: _single(name, document, report) for name in SINGLE_TABLES}
    lanes = [
        read_lane(entry, at=at, camera=single["camera"], report=report, secrets=_places("lane", entry))
        for at, entry in enumerate(raw["lane"])
    ]
    barriers = _array("barrier", BarrierSettings, raw["barrier"], report)
    inputs = _array("input", InputSettings, raw["input"], report)
    _check_time_zone_of(document, report)
    _check_whole(raw, report, broken=broken)
    if broken or report.problems:
        return None
    whole_lanes = tuple(lane for lane in lanes if lane is not None)
    own = frozenset(document.get("policy", {}))
    config = GateConfig(file=report.file, lanes=whole_lanes, barriers=barriers, inputs=inputs, own_policy=own, **single)
    check_pushing(config, report)
    check_exits(config, report)
    check_titles(config, report)
    for problem in check(config.relay_plan()):
        report.add((problem.table, problem.index, problem.key), problem.why)
    return config


def _single(name: str, document: Raw, report: Report) -> Any:
    table = document.get(name, {})
    if not isinstance(table, Mapping):
        report.add((name,), say("нужна таблица [{name}]", name=name))
        table = {}
    return read_table(SINGLE_TABLES[name], table, where=(name,), report=report, secrets=SecretPlaces(name))


def _entries(name: str, document: Raw, report: Report) -> list[Raw]:
    entries = document.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        report.add((name,), say("нужна таблица в двойных скобках: [[{name}]]", name=name))
        return [entries] if isinstance(entries, Mapping) else []
    return entries


def _array(name: str, declared: type[Settings], entries: list[Raw], report: Report) -> tuple[Settings, ...]:
    tables = (
        read_table(declared, entry, where=(name, at), report=report, secrets=_places(name, entry))
        for at, entry in enumerate(entries)
    )
    return tuple(table for table in tables if table is not None)


def _places(name: str, entry: Raw) -> SecretPlaces:
    return SecretPlaces(f"{name}.{entry.get('name', '')}")


def _check_time_zone_of(document: Raw, report: Report) -> None:
    site = document.get("site", {})
    name = site.get("timezone") if isinstance(site, Mapping) else None
    if isinstance(name, str):
        check_time_zone(name, report)


def _check_whole(raw: Mapping[str, list[Raw]], report: Report, *, broken: bool) -> None:
    """Checks across tables. Works on the raw names, so that one fault does not hide another."""
    names: dict[str, list[str]] = {}
    for table, entries in raw.items():
        named = [(at, entry["name"]) for at, entry in enumerate(entries) if isinstance(entry.get("name"), str)]
        check_names(table, named, report)
        names[table] = [name for _, name in named]
        if table != "input" and not entries and not broken:
            report.add((), say("нет ни одной таблицы [[{table}]]", table=table))
    references = (("lane", "barrier", "barrier"), ("input", "barrier", "barrier"), ("input", "lane", "lane"))
    for table, key, target in (*references, ("input", "board", "barrier")):
        for at, entry in enumerate(raw[table]):
            name = entry.get(key)
            if isinstance(name, str) and name:
                check_reference((table, at, key), name, names[target], report, table=target)
