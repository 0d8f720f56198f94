"""Makes `okter`, including click's own messages, speak the language of GATE_LANG. Import it before declaring commands."""

from __future__ import annotations

import os

import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from core.words.commands import gettext, ngettext
from core.words.language import read_language, say, speak

__all__ = ["say", "speak_as_asked"]


def speak_as_asked() -> None:
    """Sets the language from the environment."""
    speak(read_language(os.environ.get("GATE_LANG")))


for _module in (click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types):
    for _name, _ours in (("_", gettext), ("ngettext", ngettext)):
        if hasattr(_module, _name):
            setattr(_module, _name, _ours)
speak_as_asked()
