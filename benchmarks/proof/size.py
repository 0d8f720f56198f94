"""The requested size of a stage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a stage."""

    cells: int
    gates: int
    gates_each: int
    """Per territory."""
    passes_each: int
    """Per territory, at the start."""
    workers: int
    nats: int
    """Servers in a cell's cluster."""
    hosts: int = 1
    """Portals of a cell, each with its workers; from two on, with two balancers in front."""

    @property
    def territories(self) -> int:
        return max(self.cells, -(-self.gates // self.gates_each))
