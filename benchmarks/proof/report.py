"""The run in words and figures: JSON for programs, and the same as Markdown for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.proof.account import BOUND_S, Outage
from benchmarks.proof.costs import Costs, Fleet, Window, extrapolate
from benchmarks.proof.judging import Verdict

GOAL = {"cells": 3, "gates": 10_000, "events_per_s": 2000.0}
"""The goal of the full proof; each report says how far its run is from it."""


def document(asked: dict[str, Any], windows: Sequence[Window], found: Costs | None, fleet: Fleet, outages: Sequence[Outage],
             verdict: Verdict, told: dict[str, Any]) -> dict[str, Any]:  # fmt: skip
    """The whole run. `found` is None if no costs were measured."""
    whole = next((one for one in windows if (one.name, one.share) == ("events", 1.0)), None)
    larger = None if found is None else extrapolate(found, fleet)
    return {
        "asked": asked,
        "scaled": {name: asked[name] / whole_of for name, whole_of in GOAL.items()},
        "carried_per_s": None if whole is None else whole.events / whole.seconds,
        "windows": [asdict(one) for one in windows],
        "costs": None if found is None else asdict(found),
        "fleet": asdict(fleet) | {"filings_per_s": fleet.filings_per_s},
        "extrapolated": None if larger is None else asdict(larger) | {"cores": larger.cores},
        "outages": [
            {"kind": one.kind, "cell": one.cell, "s": round(one.ended - one.began, 1), "load": round(one.load, 1)}
            for one in outages
        ],
        "verdict": asdict(verdict) | {"good": verdict.good},
        **told,
    }


def markdown(run: dict[str, Any]) -> str:
    """A `document` as Markdown."""
    return "\n".join([*_summary(run), *_pushes(run), *_kills(run), *_costs(run)]) + "\n"


def _summary(run: dict[str, Any]) -> list[str]:
    asked, found = run["asked"], run["verdict"]
    events, lists = found["events"], found["lists"]
    carried = "" if run["carried_per_s"] is None else f" ({run['carried_per_s']:.1f} carried)"
    scaled = ", ".join(f"{name} {share:.1%}" for name, share in run["scaled"].items())
    verdict = "Nothing lost" if found["good"] else "FAILED"
    return [
        "# Proof of cells",
        "",
        (f"{asked['cells']} cells, {asked['gates']} gates, {asked['events_per_s']:g} events/s asked{carried}, {asked['minutes']:g} min; "
        f"of the goal: {scaled}."),
        "",
        (f"**{verdict}**: events acknowledged {events['acknowledged']}, lost {events['lost']}, misplaced {events['misplaced']}, "
        f"doubled {events['doubled']}; passes acknowledged {lists['acknowledged']}, lost {lists['lost']}, missing at gates "
        f"{lists['missing']}, lists not the cell's {lists['wrong']} of {lists['gates']}; codes {found['codes']}, lost "
        f"{found['codes_lost']}; jobs {found['jobs']}; refused {len(found['refused'])}, odd answers {len(found['odd'])}."),
        "",
    ]  # fmt: skip


def _pushes(run: dict[str, Any]) -> list[str]:
    pushes = run["verdict"]["push"]
    kept = ", ".join(f"{name} {'yes' if within_bound(one) else 'NO'}" for name, one in pushes.items())
    rows = [
        f"| {name} | {one['told']} | {one['never']} | {one['p50_s']:.3f} | {one['p95_s']:.3f} | {one['most_s']:.3f} |"
        for name, one in pushes.items()
    ]
    return [f"Push within {BOUND_S:g} s for 95 of 100: {kept}.", "", "| push | told | never | p50, s | p95, s | most, s |",
            "|---|---:|---:|---:|---:|---:|", *rows, ""]  # fmt: skip


def within_bound(push: dict[str, Any]) -> bool:
    """Whether 95 % were told in time, and none never."""
    return bool(push["p95_s"] <= BOUND_S and not push["never"])


def _kills(run: dict[str, Any]) -> list[str]:
    rows = [
        f"| {one['kind']} | {one['cell'] if one['cell'] >= 0 else '—'} | {one['s']} | {one['load']} |"
        for one in run["outages"]
    ]
    return ["| killed | cell | answered again after, s | load |", "|---|---:|---:|---:|", *rows, ""] if rows else []


def _costs(run: dict[str, Any]) -> list[str]:
    found, fleet, larger = run["costs"], run["fleet"], run["extrapolated"]
    disk = f"Disk: {run['bytes_each']['passes']:.0f} bytes a pass, {run['bytes_each']['gate_events']:.0f} an event, with indexes."
    if found is None:
        return [disk]
    rates = [
        _rate(name, found[key])
        for name, key in (("gate·hour", "gate_hour"), ("event", "event"), ("filing", "filing"))
        if found[key]
    ]
    kinds = ", ".join(f"{kind} {cores:.1f}" for kind, cores in larger["by_kind"].items())
    return [
        "| processor, s | 1 % | 10 % | 100 % | error |",
        "|---|---:|---:|---:|---:|",
        *rates,
        "",
        f"Cells with nobody there: {sum(found['idle_cores'].values()):.3f} cores together.",
        "",
        (f"Extrapolated to {fleet['gates']} gates, {fleet['events_per_s']:g} events/s, {fleet['passes']} passes filed anew each "
        f"{fleet['pass_days']:g} days: {larger['cores']:.1f} ± {larger['error']:.1f} cores (gates {larger['gates']:.1f}, events "
        f"{larger['events']:.1f}, filings {larger['filings']:.2f}); {kinds}."),
        disk,
    ]  # fmt: skip


def _rate(name: str, rate: dict[str, Any]) -> str:
    by_share = {float(share): value for share, value in rate["by_share"].items()}
    levels = " | ".join(f"{by_share[s]:.4f}" if s in by_share else "—" for s in (0.01, 0.1, 1.0))
    return f"| {name} | {levels} | ±{rate['error']:.4f} |"
