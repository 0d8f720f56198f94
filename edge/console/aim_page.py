"""The aim assistant on the page: live measures for a phone on a ladder, zone and mask drawn by finger, acceptance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from core.errors import ConfigError, FileUnusable
from core.words.requesters import CONSOLE, printable, requester
from edge.aim import mounting, places, report
from edge.aim.accept import NotAccepted, accepted, driven_passes
from edge.aim.judge import rows
from edge.aim.places import Places, Saved
from edge.aim.record import AcceptanceUnsaved, DrivenPass, files_of, load_record, read, save
from edge.aim.settings import AimSettings
from edge.aim.sight import AimSight
from edge.config import GateConfig
from edge.config.schema import Lane
from edge.console.journal_reader import JournalReader
from edge.console.pages import Pages
from edge.language import say
from edge.persons import Role
from edge.runtime.control import ControlClient, GateAbsent
from edge.runtime.known_time import now_of
from edge.store.visit_search import VisitSearch
from edge.words import span

MOST_NOTE = 300
_PAPER = {
    # a saved page contains its own style and picture
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class AimPage:
    """Handlers of `/aim…`; for technicians only, if persons are set up."""

    def __init__(self, config: GateConfig, pages: Pages, journal: JournalReader, *, gate: ControlClient) -> None:
        self._config = config
        self._pages = pages
        self._journal = journal
        self._gate = gate

    def choose(self, request: Request) -> Response:
        """Choose the lane; if there is only one, go straight to it."""
        _technician(request)
        if len(self._config.lanes) == 1:
            return RedirectResponse(request.url_for("aim", lane=self._config.lanes[0].name).path, 303)
        return self._pages.page(request, "aim_lanes.html", lanes=self._config.lanes)

    def show(self, request: Request) -> Response:
        return self._page(request, self._lane(request))

    def rows(self, request: Request) -> Response:
        """The part that changes by the second: the measures, and the passes since the test began."""
        lane = self._lane(request)
        html = self._pages.render("parts/aim_rows.html", {**self._pages.common(request), **self._now(request, lane)})
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})

    def draw(self, request: Request) -> Response:
        """Save zone and mask as drawn."""
        lane, form = self._lane(request), request.state.form
        try:
            drawn = Places(places.typed(form.get("zone", "")), places.typed(form.get("mask", "")))
            saved = places.save(self._config, lane, drawn)
        except (ConfigError, AcceptanceUnsaved) as error:
            return self._page(request, lane, error=str(error), status_code=422)
        return self._pages.page(request, "done.html", well=True, text=self._saved(request, saved))

    def _saved(self, request: Request, saved: Saved) -> str:
        """What has become of it, as far as the running gate says so."""
        if saved is Saved.SAME:
            return say("Так и было: ничего не изменилось.")
        if saved is Saved.DRAFT:
            return say(
                "Нарисованное сохранено. Запишите его в настройки на коробке: sudo gate aim --apply, затем"
                " sudo systemctl restart okter-gate"
            )
        try:
            ours = Path(self._gate.status().config) == self._config.file
            found = self._gate.reload(requester(CONSOLE, request.state.person.name)) if ours else None
        except GateAbsent:
            found = None
        written = say("Записано в настройки.")
        if found is None or found.error or found.restart or not found.live:
            return f"{written} " + say("Действует после перезапуска: sudo systemctl restart okter-gate")
        return f"{written} " + say("Уже действует.")

    def accept(self, request: Request) -> Response:
        """Accept the present state."""
        lane, form = self._lane(request), request.state.form
        note = printable(form.get("note", ""))[:MOST_NOTE]
        try:
            sight, picture = self._gate.aim(lane.name), self._gate.picture(lane.name)
            now = now_of(self._config.state_dir).wall
            record = accepted(
                self._config,
                lane,
                sight,
                self._passes(request, lane) or (),
                limits=self._limits(request),
                at=now,
                by=request.state.person.name,
                note=note,
            )
            place = files_of(self._config.state_dir, lane.name)
            save(place, record, report.page(record, picture.jpeg, zone=self._config.zone), picture.jpeg)
        except (GateAbsent, NotAccepted, AcceptanceUnsaved) as error:
            return self._page(request, lane, error=str(error), status_code=422)
        return RedirectResponse(request.url_for("aim_record", lane=lane.name).path, 303)

    def record(self, request: Request) -> Response:
        """The newest acceptance page, to read and print."""
        newest = files_of(self._config.state_dir, self._lane(request).name).newest_page
        try:
            data = None if newest is None else read(newest)
        except FileUnusable:
            data = None
        if data is None:
            raise HTTPException(404)
        return HTMLResponse(data, headers=_PAPER)

    def _page(self, request: Request, lane: Lane, *, error: str = "", status_code: int = 200) -> Response:
        place = files_of(self._config.state_dir, lane.name)
        try:
            waiting, record = places.draft(self._config.state_dir, lane.name), load_record(place)
        except FileUnusable as broken:
            waiting, record, error = None, None, error or str(broken)
        shown = waiting or places.written(self._config, lane)
        last = "" if record is None else f"{record.at.astimezone(self._config.zone):%d.%m.%Y %H:%M}"
        limits = self._limits(request)
        return self._pages.page(
            request,
            "aim.html",
            lane=lane,
            zone=",".join(f"{one:g}" for one in shown.zone),
            mask=",".join(f"{one:g}" for one in shown.mask),
            waits=waiting is not None,
            last=last,
            query=request.url.query,
            limits=limits,
            mounting=mounting,
            since=request.query_params.get("since", ""),
            now_text=f"{now_of(self._config.state_dir).wall:%Y-%m-%dT%H:%M:%SZ}",
            error=error,
            status_code=status_code,
            **self._now(request, lane),
        )

    def _now(self, request: Request, lane: Lane) -> dict[str, Any]:
        sight: AimSight | None
        try:
            sight = self._gate.aim(lane.name)
        except GateAbsent:
            sight = None
        limits, passes = self._limits(request), self._passes(request, lane)
        return {
            "picture_px": mounting.FULL_HD_PX if sight is None or sight.size is None else sight.size[0],
            "rows": rows(sight, limits),
            "span": span,
            "begun": _since(request) is not None,
            "passes": passes or (),
            "unread": passes is None,
            "wanted": limits.passes,
            "zone_of_site": self._config.zone,
        }

    def _passes(self, request: Request, lane: Lane) -> tuple[DrivenPass, ...] | None:
        """The passes since the test began; None where the journal cannot be read."""
        since = _since(request)
        if since is None:
            return ()
        found = self._journal.search(VisitSearch(since=since, lane=lane.name), 40)
        return None if found is None else driven_passes(found)

    def _limits(self, request: Request) -> AimSettings:
        """The configured limits, with the speed and distance from the form."""
        found = self._config.aim
        speed, distance = (_number(request.query_params.get(name, "")) for name in ("speed", "distance"))
        if speed is not None and 1 <= speed <= 120:
            found = replace(found, speed_kmh=speed)
        if distance is not None and 1 <= distance <= 50:
            found = replace(found, distance_m=distance)
        return found

    def _lane(self, request: Request) -> Lane:
        _technician(request)
        lane = self._config.lane(request.path_params["lane"])
        if lane is None:
            raise HTTPException(404)
        return lane


def _technician(request: Request) -> None:
    if request.state.person.role is Role.GUARD:
        raise HTTPException(403, say("Наводит камеры техник: войдите под его именем."))


def _since(request: Request) -> datetime | None:
    """When the test passes began, as the page itself passed it on."""
    try:
        found = datetime.fromisoformat(request.query_params.get("since", ""))
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):  # OverflowError: a moment of year 1 or 9999 that is none in UTC
        return None


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
