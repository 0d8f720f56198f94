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
from cloud.settings import Settings


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
    push_key: str
    """What browsers subscribe with."""
