"""Couriers: what the portal posts to addresses that others have named, kept until it is taken (ADR 120).

`courier` keeps at it; which addresses may be asked at all and how one is asked stands in `posting`, which the gate shares;
`web_push` and `webhooks` say what is posted to browsers and to other programs.
"""
