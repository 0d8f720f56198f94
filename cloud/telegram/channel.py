"""The way by Telegram as the portal holds it: who says notices, and who listens."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.couriers.courier import Courier
from cloud.telegram.listener import Listener


@dataclass(frozen=True, slots=True)
class TelegramChannel:
    """Made by `cloud.app.create_app` where the operator gave a bot."""

    courier: Courier
    listener: Listener
