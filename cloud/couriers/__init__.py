"""Couriers: messages that the portal posts to addresses named by others, stored until they are taken (ADR 120).

`courier` does the retrying. `posting`, shared with the gate, decides which addresses are allowed and makes the requests.
`web_push`, `webhooks` and `telegram` define what is sent to browsers, to other programs and to chats.
"""
