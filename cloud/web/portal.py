"""The parts of one running portal, handed to every request."""

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
    """What browsers subscribe with."""
    telegram: TelegramChannel | None = None
    """Where the operator gave a bot; without one nothing is said of Telegram anywhere."""

    @property
    def couriers(self) -> tuple[Courier, ...]:
        """All that are there, by what they carry."""
        return (self.web_push, self.webhooks, *((self.telegram.courier,) if self.telegram else ()))
