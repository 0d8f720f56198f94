"""The run in words and figures: JSON for programs, Markdown for people. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from benchmarks.proof.account import Outage, Push
from benchmarks.proof.costs import Costs, Extrapolated, Fleet, Rate, Window
from benchmarks.proof.judging import Verdict

GOAL = {"cells": 3, "gates": 10_000, "events_per_s": 2000.0}
"""What issue 20 asks for; how far a run is from it is said in its report."""


def document(asked: dict[str, Any], windows: list[Window], found: Costs, fleet: Fleet, larger: Extrapolated,
             outages: list[Outage], verdict: Verdict, told: dict[str, Any]) -> dict[str, Any]:  # fmt: skip
    return {
        "asked": asked,
        "scaled": {name: asked[name] / whole for name, whole in GOAL.items()},
        "windows": [asdict(one) for one in windows],
        "costs": asdict(found),
        "fleet": asdict(fleet) | {"filings_per_s": fleet.filings_per_s},
        "extrapolated": asdict(larger) | {"cores": larger.cores},
        "outages": [{"kind": o.kind, "cell": o.cell, "s": round(o.ended - o.began, 1)} for o in outages],
        "verdict": asdict(verdict) | {"good": verdict.good},
        **told,
    }


def markdown(run: dict[str, Any], found: Costs, larger: Extrapolated, verdict: Verdict) -> str:
    """For reading; the whole truth is in the JSON beside it."""
    asked, events, lists = run["asked"], verdict.events, verdict.lists
    lines = [
        "# Proof of cells",
        "",
        f"{asked['cells']} cells, {asked['gates']} gates, {asked['events_per_s']:g} events/s asked ({run['carried_per_s']:.1f} carried), "
        f"{asked['minutes']:g} min; of the goal: "
        + ", ".join(f"{name} {share:.1%}" for name, share in run["scaled"].items()) + ".",
        "",
        f"**{'Nothing lost' if verdict.good else 'FAILED'}**: events acknowledged {events.acknowledged}, lost {events.lost}, misplaced "
        f"{events.misplaced}, doubled {events.doubled}; passes acknowledged {lists.acknowledged}, lost {lists.lost}, missing at gates "
        f"{lists.missing}, lists not the cell's {lists.wrong} of {lists.gates}; codes {verdict.codes}, lost {verdict.codes_lost}; "
        f"jobs {verdict.jobs}; refused {len(verdict.refused)}, odd answers {len(verdict.odd)}.",
        "",
        "| push | told | never | p50, s | p95, s | most, s |",
        "|---|---:|---:|---:|---:|---:|",
        _push("quiet", verdict.quiet),
        _push("during kills", verdict.disturbed),
        "",
        "| killed | cell | answered again after, s |",
        "|---|---:|---:|",
        *(f"| {one['kind']} | {one['cell']} | {one['s']} |" for one in run["outages"]),
        "",
        "| processor, s | 1 % | 10 % | 100 % | error |",
        "|---|---:|---:|---:|---:|",
        _rate("gate·hour", found.gate_hour),
        _rate("event", found.event),
        *([_rate("filing", found.filing)] if found.filing is not None else []),
        "",
        f"Cells with nobody there: {sum(found.idle_cores.values()):.3f} cores together.",
        "",
        f"Extrapolated to {run['fleet']['gates']} gates, {run['fleet']['events_per_s']:g} events/s, {run['fleet']['passes']} passes "
        f"filed anew each {run['fleet']['pass_days']:g} days: {larger.cores:.1f} ± {larger.error:.1f} cores (gates {larger.gates:.1f}, "
        f"events {larger.events:.1f}, filings {larger.filings:.2f}); "
        + ", ".join(f"{kind} {cores:.1f}" for kind, cores in larger.by_kind.items()) + ".",
        f"Disk: {run['bytes_each']['passes']:.0f} bytes a pass, {run['bytes_each']['gate_events']:.0f} an event, with indexes.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _push(name: str, push: Push) -> str:
    return f"| {name} | {push.told} | {push.never} | {push.p50_s:.3f} | {push.p95_s:.3f} | {push.most_s:.3f} |"


def _rate(name: str, rate: Rate) -> str:
    levels = " | ".join(f"{rate.by_share[s]:.4f}" if s in rate.by_share else "—" for s in (0.01, 0.1, 1.0))
    return f"| {name} | {levels} | ±{rate.error:.4f} |"
