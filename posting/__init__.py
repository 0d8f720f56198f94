"""What portal and gate both post to others: which addresses may be asked, one bounded request, web push, Telegram's Bot API.

`reach` says which addresses may be asked at all, `post` makes one request, `push_encryption` seals a notice for one browser
(RFC 8291, 8188) and signs for who sends it (RFC 8292), `telegram` is the Bot API. It imports neither house.
"""
