"""The rules that a manager may choose in the portal, and who has the last word on them. Pure (ADR 170).

The gate's own file has the last word: whoever installed the barrier knows its lanes and its motor. Then comes the
portal's choice, then the default.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from core.rules.policy import Direction
from edge.config.schema import GateConfig
from sync.wire_health import RulesChosen

ANTI_PASSBACK, CONVOY = "anti_passback_h", "convoy"
CHOOSABLE = (f"policy.{ANTI_PASSBACK}", f"policy.{CONVOY}")


class Origin(StrEnum):
    """Where a value comes from; the terms of the contract's `RulesTold`."""

    FILE = "file"
    CLOUD = "cloud"
    DEFAULT = "default"
    NO_EXIT = "no_exit"
    """The portal wants it, but it cannot work: no lane of this gate is an exit, so nobody would be seen leaving."""


@dataclass(frozen=True, slots=True)
class Origins:
    """The origin of each of the two rules."""

    anti_passback: Origin
    convoy: Origin


def with_choice(config: GateConfig, chosen: RulesChosen | None) -> GateConfig:
    """`config` with the portal's choice applied. None: no choice is known here."""
    if chosen is None:
        return config
    policy = config.policy
    if ANTI_PASSBACK not in config.own_policy and not sees_no_exit(config):
        policy = replace(policy, anti_passback_h=chosen.anti_passback_h)
    if CONVOY not in config.own_policy:
        policy = replace(policy, convoy=chosen.convoy)
    return replace(config, policy=policy)


def origins(config: GateConfig, chosen: RulesChosen | None) -> Origins:
    """Who decides each rule of the running config."""
    chosen_or_not = Origin.DEFAULT if chosen is None else Origin.CLOUD
    passback = Origin.FILE if ANTI_PASSBACK in config.own_policy else chosen_or_not
    if passback is Origin.CLOUD and chosen is not None and chosen.anti_passback_h and sees_no_exit(config):
        passback = Origin.NO_EXIT
    return Origins(passback, Origin.FILE if CONVOY in config.own_policy else chosen_or_not)


def sees_no_exit(config: GateConfig) -> bool:
    """Whether the gate never sees anybody leave. Anti-passback would then refuse everybody after their first entry."""
    return all(lane.direction is not Direction.EXIT for lane in config.lanes)
