"""Renders plates: strokes, typefaces, layouts of every format, faces, surroundings, and effects of cameras."""

from __future__ import annotations

from models.training.plates.faces import FlatPlate, render_flat

__all__ = ["FlatPlate", "render_flat"]
