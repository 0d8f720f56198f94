"""Who holds a barrier open and until when: one hold per requester, and the latest end counts. Pure.

All wired inputs are one requester. Programs are distinguished by the reason they give (`console`: the guard's page and
`gate hold`; `cloud_command`: the portal). Nobody can end or shorten the hold of another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.words.language import say
from core.words.reasons import Reason
from relay.barrier.events import Order


@dataclass(frozen=True, slots=True)
class Hold:
    """Held open until `until`, because of `order`."""

    until: float
    order: Order
    answered: bool = False
    """Its requester has been answered, or is waiting for the running command."""
    promised: bool = False
    """Its requester was answered in the pause before it: it has not begun, and a failure is still to be told."""

    @property
    def requester(self) -> tuple[bool, Reason | None]:
        """Whose it is. A program that gives the button's reason does not count as the button."""
        return requester_of(self.order)

    @property
    def name(self) -> str:
        """The requester's name for people."""
        names = {
            Reason.GUARD_BUTTON: say("кнопка охраны"),
            Reason.EXIT_LOOP: say("петля выезда"),
            Reason.CONSOLE: say("оператор (страница охраны, gate hold)"),
            Reason.CLOUD_COMMAND: say("команда из облака"),
            Reason.FIRE_INPUT: say("пожарный вход"),
        }
        return names.get(self.order.reason, str(self.order.reason))


Holds = tuple[Hold, ...]


def requester_of(order: Order) -> tuple[bool, Reason | None]:
    """Whose hold an order requests or ends: that of the wired inputs, or of the programs with this reason."""
    return order.wired, None if order.wired else order.reason


def own(holds: Holds, order: Order) -> Hold | None:
    """The hold of the requester of this order."""
    return next((hold for hold in holds if hold.requester == requester_of(order)), None)


def longest(holds: Holds) -> Hold | None:
    """The hold that ends last."""
    return max(holds, key=lambda hold: hold.until, default=None)


def with_hold(holds: Holds, hold: Hold) -> Holds:
    """Adds the hold, or replaces its requester's earlier one.

    A program may shorten its own hold; a wired input cannot.
    """
    before = own(holds, hold.order)
    if before is None:
        return (*holds, hold)
    if hold.order.wired:
        hold = replace(hold, until=max(hold.until, before.until))
    return tuple(hold if item is before else item for item in holds)


def marked_answered(holds: Holds, orders: tuple[Order, ...]) -> Holds:
    """Marks the holds of these orders as answered."""
    return tuple(replace(hold, answered=True) if hold.order in orders else hold for hold in holds)


def begun(holds: Holds) -> Holds:
    """Marks all holds as no longer only promised: the board was told of them, or has failed."""
    return tuple(replace(hold, promised=False) for hold in holds)


def lasting(holds: Holds, now: float) -> str:
    """Who still holds and for how long, for people."""
    return ", ".join(
        say("{name} ещё {what:.1f} мин", name=hold.name, what=max(0.0, hold.until - now) / 60) for hold in holds
    )
