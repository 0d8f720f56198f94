"""click in the language of the process."""

from __future__ import annotations

import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from core.words.commands import gettext, ngettext

_SPEAKING = (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types)


def teach_click() -> None:
    """Replace gettext in click's modules by ours. Call before the first command is declared."""
    for module in _SPEAKING:
        for name, ours in (("_", gettext), ("ngettext", ngettext)):
            if hasattr(module, name):
                setattr(module, name, ours)


teach_click()
