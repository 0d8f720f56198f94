"""The content of gate.toml: its tables, and the config value passed to the whole program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from camera.settings import CameraSettings
from core.rules import policy as core
from core.rules.policy import Approach, Direction, Policy
from core.words.lanes import lane_words
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
    """One lane with its own camera settings: the keys of `[camera]`, overridden by those of its `[[lane]]`."""

    name: str
    direction: Direction
    camera: str
    """Address including user and password: print it only through `camera.redact.redact`."""
    barrier: str
    view: CameraSettings
    approach: Approach = Approach.AUTO
    title: str = ""
    sub_camera: str = ""
    """Complete address of the camera's small stream, like `camera`; empty if there is none."""
    anpr: Anpr = Anpr.OFF
    anpr_url: str = ""
    """Address of the camera's own recogniser, including user and password; empty if there is none."""

    @property
    def anpr_host(self) -> str:
        """The host from which it reports."""
        return urlsplit(self.anpr_url).hostname or ""

    @property
    def shown(self) -> str:
        """The name that people read, in their language."""
        return self.title or lane_words(self.name)

    @property
    def called(self) -> str:
        """The name that files and other programs are told: never translated."""
        return self.title or self.name


@dataclass(frozen=True, slots=True)
class GateConfig:
    """A complete, checked config."""

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
    """The keys of [policy] set in the file; for these the portal's choice does not count (`edge.config.choice`)."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.timezone)

    @property
    def state_dir(self) -> Path:
        return self.site.state_dir

    def lane(self, name: str) -> Lane | None:
        return next((lane for lane in self.lanes if lane.name == name), None)

    def shown(self, lane: str) -> str:
        """The name that people use for a lane; a lane no longer in this config keeps its name."""
        found = self.lane(lane)
        return lane if found is None else found.shown

    def core_site(self, *, run_id: str) -> core.Site:
        """The core's view of the config; `run_id` makes the visits of this run unique."""
        lanes = tuple(core.Lane(lane.name, lane.direction, lane.barrier, lane.approach) for lane in self.lanes)
        return core.Site(lanes=lanes, policy=self.policy, run_id=run_id)

    def relay_plan(self) -> RelayPlan:
        """The relay process's view of the config."""
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
