"""Adds a plate from a visit to the local list: until the end of the day, or for as long as a technician says."""

from __future__ import annotations

from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from core.passes.pass_list import day_end
from core.passes.periods import MomentInvalid, end
from core.plates.canonical import PlateInvalid, canonical, display
from core.plates.doubts import doubt
from core.words.requesters import printable
from edge.config import GateConfig
from edge.console.pages import Pages
from edge.language import say
from edge.list_change import changing
from edge.persons import Role
from edge.runtime.known_time import now_of
from edge.store.errors import StoreError
from edge.store.local_passes import local_pass

MOST_NOTE = 160


class ListPage:
    """Handlers of `/pass/add`."""

    def __init__(self, config: GateConfig, pages: Pages) -> None:
        self._config = config
        self._pages = pages

    def form(self, request: Request) -> Response:
        try:
            plate = canonical(request.query_params.get("plate", ""))
        except PlateInvalid:
            raise HTTPException(404) from None
        return self._form(request, plate)

    def add(self, request: Request) -> Response:
        """Add one line to the local list; the running gate is notified at once."""
        form, person = request.state.form, request.state.person
        try:
            plate = canonical(form.get("plate", ""))
        except PlateInvalid as error:
            raise HTTPException(400, str(error)) from None
        now = now_of(self._config.state_dir).wall
        today = day_end(now.astimezone(self._config.zone).date(), self._config.zone)
        try:
            until = today if person.role is Role.GUARD else end(form.get("until", ""), self._config.zone)
        except MomentInvalid as error:
            return self._form(request, plate, error=str(error), status_code=422)
        if until is not None and until <= now:
            return self._form(request, plate, error=say("Этот срок уже прошёл."), status_code=422)
        told: list[str] = []
        note = printable(form.get("note", ""))[:MOST_NOTE]
        by = f" ({person.name})" if person.name else ""
        try:
            with changing(self._config, told.append) as store:
                store.local.add([local_pass(plate, None, until, f"{note}{by}".strip())], at=now)
        except StoreError as error:
            return self._form(request, plate, error=str(error), status_code=500)
        text = say("{plate}: в местном списке {until}.", plate=display(plate), until=self._until(until))
        return self._pages.page(request, "done.html", well=True, text=" ".join((text, *told)))

    def _until(self, until: datetime | None) -> str:
        if until is None:
            return say("бессрочно")
        return say("до {moment}", moment=f"{until.astimezone(self._config.zone):%d.%m.%Y %H:%M}")

    def _form(self, request: Request, plate: str, *, error: str = "", status_code: int = 200) -> Response:
        unlikely = doubt(plate)
        return self._pages.page(
            request,
            "add.html",
            plate=plate,
            shown=display(plate),
            only_today=request.state.person.role is Role.GUARD,
            doubt=str(unlikely) if unlikely is not None else "",
            error=error,
            status_code=status_code,
        )
