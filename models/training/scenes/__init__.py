"""Pictures of a gate, rendered from nothing: cars, roads, weather, plates with known corners, and look-alikes."""

from __future__ import annotations

from models.training.scenes.labels import PlatePlace
from models.training.scenes.scene import Scene, compose_scene, look_again, render_scene, seen_through
from models.training.scenes.stock import Stock

__all__ = ["PlatePlace", "Scene", "Stock", "compose_scene", "look_again", "render_scene", "seen_through"]
