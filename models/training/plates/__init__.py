"""Plates drawn by us: strokes, typefaces, layouts of every format, faces, what surrounds them and what cameras do."""

from __future__ import annotations

from models.training.plates.faces import FlatPlate, render_flat

__all__ = ["FlatPlate", "render_flat"]
