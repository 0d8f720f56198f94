"""Telegram, if the portal's operator has set up a bot: its settings, the tied chats, and its listener (ADR 168).

Posting to chats is in `cloud.couriers.telegram`, the texts are in `cloud.web.telegrams`.
"""
