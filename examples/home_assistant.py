"""Automations for Home Assistant: a car waits → a message with its picture on the phone, and a button that opens for it.

    python -m examples.home_assistant /etc/okter-gate/settings/gate.toml notify.mobile_app_phone > automations.yaml

The names of the entities come from the code that announces them over MQTT. The button is there only with `[mqtt] buttons =
true`; a message that is answered when its car has gone opens nothing. What is printed is JSON, which YAML reads; it was
never tried in a running Home Assistant.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from edge.config import GateConfig, load
from edge.neighbours.home_assistant import documents, slug


def entities(config: GateConfig) -> dict[str, str]:
    """Entity ids by what they are of: `entry_waiting` is `binary_sensor.okter_NAME_entry_waiting`."""
    announced = (topic.split("/")[:3] for topic, _ in documents(config))
    return {name: f"{kind}.{node}_{name}" for kind, node, name in announced}


def automation(config: GateConfig, lane: str, notify: str) -> dict[str, Any]:
    """One lane: the message when a car begins to wait, and the press on its button while that car waits."""
    known, name = entities(config), slug(lane)
    waits, opens = known[f"{name}_waiting"], known.get(f"{name}_open")
    plate, why = (f"{{{{ states('{known[f'{name}_{what}']}') }}}}" for what in ("plate", "decision"))
    moment = f"'OPEN_{name}_' ~ as_timestamp(states['{waits}'].last_changed) | int"
    data: dict[str, Any] = {"image": f"/api/camera_proxy/{known[f'{name}_picture']}", "tag": waits}
    if opens is not None:
        data["actions"] = [{"action": "{{ " + moment + " }}", "title": "Открыть / Open"}]
    this_car = "{{ is_state('" + waits + "', 'on') and trigger.event.data.action == " + moment + " }}"
    message = {"title": config.site.name, "message": f"{lane}: {plate}, {why}", "data": data}
    triggers = [{"trigger": "state", "entity_id": waits, "from": "off", "to": "on", "id": "waits"}]
    told = [{"conditions": {"condition": "trigger", "id": "waits"}, "sequence": {"action": notify, "data": message}}]
    if opens is not None:
        triggers.append({"trigger": "event", "event_type": "mobile_app_notification_action", "id": "pressed"})
        press = {"action": "button.press", "target": {"entity_id": opens}}
        asked = [{"condition": "trigger", "id": "pressed"}, {"condition": "template", "value_template": this_car}]
        told.append({"conditions": asked, "sequence": press})
    return {"alias": f"{config.site.name}: {lane}", "triggers": triggers, "actions": [{"choose": told}]}


if __name__ == "__main__":
    read = load(Path(sys.argv[1]))
    print(json.dumps([automation(read, one.name, sys.argv[2]) for one in read.lanes], ensure_ascii=False, indent=1))
