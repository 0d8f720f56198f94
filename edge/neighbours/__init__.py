"""Whom the gate tells: MQTT, metrics, a webhook, a messenger, and what others plug in. None of them can delay it."""
