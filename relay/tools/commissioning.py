"""`gate relay-test`: tries each barrier once, and shows everything sent to its board and read back.

If a relay process is alive, it is asked to do the test, because it owns the ports. Otherwise one is started for the
duration of the test (`relay.tools.child_process`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.words.language import say
from core.words.outcomes import Outcome
from relay.boards.seam import Contact, Health
from relay.client import RelayClient
from relay.errors import RelayAbsent, RelayError
from relay.protocol import BarrierStatus, Status
from relay.settings import BarrierSettings, RelayPlan
from relay.tools.child_process import child_relay

SETTLE_S = 3.0
"""A board that has not answered its first OFF within this time is reported as it is."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one barrier."""

    barrier: str
    driver: str
    port: str
    health: str
    contact: str
    """After the trial, according to the board."""
    outcome: str
    """`done`, `unconfirmed` or `failed`; `looked` if no pulse was requested."""
    timed_by: str
    said: tuple[str, ...]
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether the board obeyed, as far as it can tell."""
        return self.health == Health.OK and self.contact != Contact.ON and self.outcome in {Outcome.DONE, "looked"}

    def lines(self) -> tuple[str, ...]:
        """The result for people."""
        verdict = {
            Outcome.DONE.value: say("импульс отдан"),
            Outcome.UNCONFIRMED.value: say("импульс послан, плата его НЕ подтвердила"),
            "looked": say("без импульса"),
        }.get(self.outcome, say("импульс НЕ удался"))
        timed = {"board": say("длительность отмеряет плата"), "pi": say("длительность отмеряет эта машина")}[
            self.timed_by
        ]
        head = f"{self.barrier}: {self.driver} {self.port}".rstrip()
        return (
            f"{say('ХОРОШО') if self.good else say('ПЛОХО'):<6} {head}: {_health_words(self.health)}, {verdict}, {timed}",
            say("       контакт после проверки: {contacts}", contacts=_contact_words(self.contact)),
            *((f"       {self.detail}",) if self.detail else ()),
            *(f"       {line}" for line in self.said),
        )


def _contact_words(contact: str) -> str:
    words = {"on": say("ЗАМКНУТО"), "off": say("разомкнуто"), "unknown": say("неизвестно (плата не отвечает о реле)")}
    return words[contact]


def _health_words(health: str) -> str:
    words: dict[str, str] = {
        Health.OK: say("на связи"),
        Health.LOST: say("нет связи"),
        Health.SILENT: say("не отвечает"),
        Health.NONSENSE: say("отвечает не то"),
        Health.STUCK: say("контакт не размыкается"),
        Health.HUNG: say("драйвер завис"),
        Health.BROKEN: say("драйвер упал"),
        Health.STARTING: say("не отозвалась"),
    }
    return words.get(health, health)


def commission(plan: RelayPlan, *, pulse: bool) -> tuple[Trial, ...]:
    """Tries every barrier of the plan in turn. Raises `RelayError` if no relay process is available."""
    with _relay(plan):
        _settled(plan)
        return tuple(_try(plan, barrier, pulse=pulse) for barrier in plan.barriers)


@contextmanager
def _relay(plan: RelayPlan) -> Iterator[None]:
    try:
        RelayClient(plan.state_dir).status()
    except RelayAbsent:
        with child_relay(plan):
            yield
    else:
        yield


def _settled(plan: RelayPlan) -> None:
    """Waits until every board has answered its first OFF, or will not."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        try:
            barriers = RelayClient(plan.state_dir).status().barriers
        except RelayAbsent:
            barriers = ()
        if barriers and all(barrier.health != Health.STARTING for barrier in barriers):
            return
        time.sleep(0.05)


def _try(plan: RelayPlan, barrier: BarrierSettings, *, pulse: bool) -> Trial:
    client = RelayClient(plan.state_dir, timeout_s=barrier.pulse_s + SETTLE_S)
    outcome, detail, said = "looked", "", tuple[str, ...]()
    if pulse:
        reply = client.test(barrier=barrier.name)
        said, outcome = reply.said, str(reply.outcome)
        if reply.outcome is not Outcome.DONE:
            outcome, detail = outcome if reply.outcome is Outcome.UNCONFIRMED else "failed", reply.detail
    now = _status_of(client.status(), barrier.name)
    return Trial(
        barrier=barrier.name,
        driver=barrier.driver,
        port=now.port,
        health=now.health,
        contact=now.contact,
        outcome=outcome,
        timed_by=now.timed_by,
        said=said,
        detail=detail or now.detail,
    )


def _status_of(status: Status, name: str) -> BarrierStatus:
    for barrier in status.barriers:
        if barrier.name == name:
            return barrier
    raise RelayError(
        say("работающий gate relay не знает шлагбаума «{name}»: он запущен с другими настройками", name=name)
    )
