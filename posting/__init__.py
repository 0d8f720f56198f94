"""Outgoing posts, shared by portal and gate: allowed addresses, one bounded request, web push, Telegram's Bot API.

`reach` decides which addresses are allowed, `post` makes one request, `push_encryption` encrypts a notice for one browser
(RFC 8291, 8188) and signs it for its sender (RFC 8292), `telegram` is the Bot API. It imports neither portal nor gate.
"""
