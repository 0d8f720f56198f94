"""The parts of one running portal, passed to every request."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.couriers.courier import Courier
from cloud.db.engine import Database
from cloud.directory.client import Directory
from cloud.jobs import JobWorker
from cloud.outbox import Outbox
from cloud.pictures import Pictures
from cloud.push import Hub
from cloud.quiet_hours import QuietHours
from cloud.settings import Settings
from cloud.telegram.channel import TelegramChannel


@dataclass(frozen=True, slots=True)
class Portal:
    """Made once by `cloud.app.create_app`."""

    settings: Settings
    database: Database
    outbox: Outbox
    hub: Hub
    pictures: Pictures
    web_push: Courier
    webhooks: Courier
    jobs: JobWorker
    directory: Directory
    quiet: QuietHours
    push_key: str
    """The public key with which browsers subscribe."""
    telegram: TelegramChannel | None = None
    """Set if the operator has configured a bot; otherwise Telegram is mentioned nowhere."""

    @property
    def couriers(self) -> tuple[Courier, ...]:
        """All existing couriers, one per channel."""
        return (self.web_push, self.webhooks, *((self.telegram.courier,) if self.telegram else ()))
