"""Couriers: what the portal posts to addresses that others have named, kept until it is taken (ADR 120).

`reach` says which addresses may be asked at all, `post` makes one bounded request, `courier` keeps at it;
`web_push` and `webhooks` say what is posted to browsers and to other programs.
"""
