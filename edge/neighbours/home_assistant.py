"""MQTT discovery documents, by which Home Assistant finds the gate. Pure.

Format: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery. A command carries an id and an expiry, filled
in by the templates of the buttons, so that one delivered late opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from core.words.language import say
from edge import __version__
from edge.config import GateConfig

LIVES_S = 5
TRANSLITERATION = dict(
    zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", (
        *"abvgdee", "zh", *"ziyklmnoprstufh", "ts", "ch", "sh", "sch", "", "y", "", "e", "yu", "ya",
    ), strict=True)
)  # fmt: skip
COMMAND = '{"id": "ha-{{ now().timestamp() }}", "do": "%s", "expires": {{ now().timestamp() + ' + str(LIVES_S) + " }}}"


def node_of(config: GateConfig) -> str:
    """The site's name as a part of topics and ids."""
    return slug(config.site.name) or "gate"


def slug(name: str) -> str:
    """The name in Latin letters, digits and underscores."""
    latin = "".join(TRANSLITERATION.get(sign, sign) for sign in name.lower())
    return re.sub(r"[^a-z0-9]+", "_", latin).strip("_")


def documents(config: GateConfig) -> Iterator[tuple[str, dict[str, Any]]]:
    """Topic below the discovery prefix, and document, of every entity."""
    node, base = node_of(config), f"{config.mqtt.prefix}/{node_of(config)}"
    device = {
        "identifiers": [f"okter_{node}"],
        "name": config.site.name,
        "manufacturer": "OKter",
        "model": "OKter Gate",
        "sw_version": __version__,
    }

    def entity(kind: str, name: str, said: str, **more: Any) -> tuple[str, dict[str, Any]]:
        common = {
            "name": said,
            "unique_id": f"okter_{node}_{name}",
            "object_id": f"okter_{node}_{name}",
            "availability_topic": f"{base}/available",
            "device": device,
        }
        return f"{kind}/okter_{node}/{name}/config", common | more

    yield entity(
        "binary_sensor", "trouble", say("неисправность"), state_topic=f"{base}/trouble", device_class="problem",
        json_attributes_topic=f"{base}/status", entity_category="diagnostic",
    )  # fmt: skip
    for barrier in config.barriers:
        name = slug(barrier.name)
        yield entity(
            "sensor", f"barrier_{name}", barrier.name, state_topic=f"{base}/barrier/{name}", icon="mdi:boom-gate"
        )
    for lane in config.lanes:
        name = slug(lane.name)
        topic = f"{base}/lane/{name}"
        yield entity(
            "sensor", f"{name}_plate", f"{lane.shown}: {say('последний номер')}", state_topic=f"{topic}/plate",
            json_attributes_topic=f"{topic}/visit", icon="mdi:car",
        )  # fmt: skip
        yield entity(
            "sensor", f"{name}_decision", f"{lane.shown}: {say('решение')}", state_topic=f"{topic}/decision",
            icon="mdi:clipboard-check",
        )  # fmt: skip
        yield entity(
            "binary_sensor", f"{name}_waiting", f"{lane.shown}: {say('ждёт машина')}", state_topic=f"{topic}/waiting",
            device_class="occupancy",
        )  # fmt: skip
        yield entity("camera", f"{name}_picture", f"{lane.shown}: {say('снимок')}", topic=f"{topic}/picture")
        if config.mqtt.buttons:
            words = {"open": say("открыть"), "hold": say("держать открытым"), "release": say("отпустить")}
            for do, said in words.items():
                yield entity(
                    "button", f"{name}_{do}", f"{lane.shown}: {said}", command_topic=f"{topic}/command",
                    command_template=COMMAND % do,
                )  # fmt: skip
