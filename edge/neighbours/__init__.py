"""Systems that the gate tells of events: MQTT, metrics, webhook, messenger, plug-ins. None of them can delay it."""
