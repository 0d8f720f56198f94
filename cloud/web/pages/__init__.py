"""The pages, one module per subject. Their order matters only where one path could match another's parameter."""

from __future__ import annotations

from cloud.web.pages import (
    account,
    administration,
    api_tokens,
    calls,
    closing,
    entrance,
    exports,
    fleet,
    foot_passes,
    gates,
    guests,
    imports,
    invitations,
    journal,
    mine,
    notices,
    objects,
    operator,
    passes,
    people,
    recovery,
    reports,
    second,
    territories,
    webhooks,
)

ALL_PAGES = tuple(
    page
    for module in (
        entrance,
        second,
        recovery,
        account,
        territories,
        passes,
        people,
        guests,
        invitations,
        foot_passes,
        notices,
        webhooks,
        mine,
        objects,
        closing,
        api_tokens,
        administration,
        imports,
        gates,
        fleet,
        calls,
        operator,
        journal,
        exports,
        reports,
    )
    for page in module.pages.all
)
