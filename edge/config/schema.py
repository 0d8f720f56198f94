"""What gate.toml holds: its tables, and the value that the whole program is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from camera.settings import CameraSettings
from core.rules import policy as core
from core.rules.policy import Approach, Direction, Policy
from edge.aim.settings import AimSettings
from edge.call.settings import CallSettings
from edge.config.settings import ConsoleSettings, LaneSettings, SiteSettings
from edge.neighbours.settings import (
    EventsSettings,
    MetricsSettings,
    MqttSettings,
    NeighbourSettings,
    TelegramSettings,
    WebhookSettings,
    WebPushSettings,
)
from edge.store.settings import StoreSettings
from edge.update.settings import UpdateSettings
from edge.witnesses.settings import Anpr, AnprSettings
from relay.input_settings import InputSettings
from relay.settings import BarrierSettings, LaneRoute, RelayPlan, RelaySettings
from sync.settings import CloudSettings


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane with its own view of the world: the keys of `[camera]`, changed by those of its `[[lane]]`."""

    name: str
    direction: Direction
    camera: str
    """Address with user and password put in: print it through `camera.redact.redact` only."""
    barrier: str
    view: CameraSettings
    approach: Approach = Approach.AUTO
    title: str = ""
    sub_camera: str = ""
    """Address of the camera's small stream, made whole as `camera` is; empty: none."""
    anpr: Anpr = Anpr.OFF
    anpr_url: str = ""
    """Address of the camera's own recogniser, with user and password put in; empty where there is none."""

    @property
    def anpr_host(self) -> str:
        """From where it speaks."""
        return urlsplit(self.anpr_url).hostname or ""

    @property
    def shown(self) -> str:
        """What people call it."""
        return self.title or self.name


@dataclass(frozen=True, slots=True)
class GateConfig:
    """A whole, checked config."""

    file: Path
    site: SiteSettings
    lanes: tuple[Lane, ...]
    barriers: tuple[BarrierSettings, ...]
    inputs: tuple[InputSettings, ...]
    camera: CameraSettings
    relay: RelaySettings
    policy: Policy
    cloud: CloudSettings
    store: StoreSettings
    console: ConsoleSettings
    aim: AimSettings
    mqtt: MqttSettings
    metrics: MetricsSettings
    webhook: WebhookSettings
    events: EventsSettings
    telegram: TelegramSettings
    web_push: WebPushSettings
    neighbours: NeighbourSettings
    anpr: AnprSettings
    update: UpdateSettings
    call: CallSettings
    own_policy: frozenset[str] = frozenset()
    """The keys of [policy] that stand in the file: there the portal has no say (`edge.config.choice`)."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.timezone)

    @property
    def state_dir(self) -> Path:
        return self.site.state_dir

    def lane(self, name: str) -> Lane | None:
        return next((lane for lane in self.lanes if lane.name == name), None)

    def shown(self, lane: str) -> str:
        """What people call a lane; one that this config has no more keeps its name."""
        found = self.lane(lane)
        return lane if found is None else found.shown

    def core_site(self, *, run_id: str) -> core.Site:
        """What the core is told of all this; `run_id` makes the visits of this run unique."""
        lanes = tuple(core.Lane(lane.name, lane.direction, lane.barrier, lane.approach) for lane in self.lanes)
        return core.Site(lanes=lanes, policy=self.policy, run_id=run_id)

    def relay_plan(self) -> RelayPlan:
        """What the relay process is told of all this."""
        return RelayPlan(
            state_dir=str(self.site.state_dir),
            barriers=self.barriers,
            lanes=tuple(LaneRoute(lane.name, lane.direction.value, lane.barrier) for lane in self.lanes),
            inputs=self.inputs,
            relay=self.relay,
        )


SINGLE_TABLES: dict[str, type] = {
    "site": SiteSettings,
    "camera": CameraSettings,
    "policy": Policy,
    "relay": RelaySettings,
    "cloud": CloudSettings,
    "store": StoreSettings,
    "console": ConsoleSettings,
    "aim": AimSettings,
    "mqtt": MqttSettings,
    "metrics": MetricsSettings,
    "webhook": WebhookSettings,
    "events": EventsSettings,
    "telegram": TelegramSettings,
    "web_push": WebPushSettings,
    "neighbours": NeighbourSettings,
    "anpr": AnprSettings,
    "update": UpdateSettings,
    "call": CallSettings,
}
ARRAY_TABLES: dict[str, type] = {"lane": LaneSettings, "barrier": BarrierSettings, "input": InputSettings}
