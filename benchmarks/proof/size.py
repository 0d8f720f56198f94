"""How large a stage is asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """How much stands on the stage."""

    cells: int
    gates: int
    gates_each: int
    """In one territory."""
    passes_each: int
    """In one territory, from the beginning."""
    workers: int
    nats: int
    """Servers in a cell's cluster."""
    hosts: int = 1
    """Portals of a cell, each with its workers; of two and more two balancers stand before them."""

    @property
    def territories(self) -> int:
        return max(self.cells, -(-self.gates // self.gates_each))
