"""The Telegram channel as the portal holds it: the courier that sends notices, and the listener."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.couriers.courier import Courier
from cloud.telegram.listener import Listener


@dataclass(frozen=True, slots=True)
class TelegramChannel:
    """Created by `cloud.app.create_app` if the operator has set up a bot."""

    courier: Courier
    listener: Listener
