"""Root's part of a cloud update: check the offer, wait for a quiet moment, install it, record the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import FileUnusable
from edge.update.errors import BundleRefused, UpdateFailed, UpdateUnready
from edge.update.offers import FINAL, Outcome, bundle_of, read_offer, read_outcome, write_outcome
from edge.update.steps import Updater


@dataclass(frozen=True, slots=True)
class Taker:
    """`quiet` returns once the program may be replaced, or raises UpdateUnready; its argument gets why it waits."""

    updater: Updater
    folder: Path
    """`STATE/update`"""
    quiet: Callable[[Callable[[str], None]], None]

    def take(self) -> Outcome | None:
        """Install the offered update. Returns the outcome, None if there is nothing to do. Raises no update errors."""
        offer, prefix = read_offer(self.folder), self.updater.environments.prefix
        if offer is None:
            return None
        known = read_outcome(prefix)
        if known is not None and known.release == offer.release and known.state in FINAL:
            return None
        file, switched = bundle_of(self.folder, offer.release), False

        def tell(state: str, detail: str = "") -> Outcome:
            outcome = Outcome(offer.release, state, detail[:500])
            write_outcome(prefix, outcome)
            return outcome

        def waits(why: str) -> None:
            tell("waiting", why)

        def before_switch() -> None:
            nonlocal switched
            self.quiet(waits)
            tell("trying")
            switched = True

        tell("waiting")
        try:
            self.updater.update(file, named=offer.release, before_switch=before_switch)
        except UpdateUnready as error:
            return tell("waiting", str(error))
        except FileUnusable as error:  # a release withdrawn meanwhile has not failed
            return tell("failed" if file.exists() else "waiting", str(error))
        except BundleRefused as error:
            return tell("failed", str(error))
        except UpdateFailed as error:
            return tell("returned" if switched else "failed", str(error))
        return tell("done")
