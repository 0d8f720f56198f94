"""The Jinja environment: escaping on, undefined names are errors, and the filters that pages share."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from cloud.plates import show_plate, split_region

FOLDER = Path(__file__).parent / "html"
STATIC = FOLDER.parent / "static"


def plate(display: str) -> Markup:
    """A plate as on the car: the region apart, without a space that would part what is copied."""
    number, region = split_region(display)
    tail = Markup('<span class="region">{}</span>').format(region) if region else ""
    return Markup('<span class="plate">{}{}</span>').format(number, tail)


def read_plate_view(canonical: str | None) -> Markup:
    """A plate that a camera read; a dash where it read none."""
    return plate(show_plate(canonical)) if canonical else Markup("—")


def moment(value: datetime | None, zone: ZoneInfo) -> Markup:
    """Day and time in the territory's zone, with the machine-readable instant."""
    if value is None:
        return Markup("—")
    local = value.astimezone(zone)
    return Markup('<time datetime="{}">{}</time>').format(
        local.isoformat(timespec="seconds"), f"{local:%d.%m.%Y %H:%M}"
    )


def clock(value: datetime, zone: ZoneInfo) -> Markup:
    """Time with seconds, for the live feed."""
    local = value.astimezone(zone)
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), f"{local:%H:%M:%S}")


def static_version(name: str) -> str:
    """The address of a static file, with a mark that changes when the file does."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


templates = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
templates.filters.update(plate=plate, read_plate=read_plate_view, moment=moment, clock=clock, e=escape)
templates.globals["static"] = {file.name: static_version(file.name) for file in STATIC.iterdir() if file.is_file()}
