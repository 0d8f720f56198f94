"""Telegram, where the portal's operator gave a bot: how it is named, whose chats are tied, who listens to it (ADR 168).

What is posted to chats stands in `cloud.couriers.telegram`, in what words in `cloud.web.telegrams`.
"""
