"""Cells: each territory lives entirely in one of several portals and can be moved to another (ADR 145).

inventory   which tables and rows belong to a territory
freeze      database triggers that block writes to a territory while it moves
copying     copies its rows from one cell to another, as many times as needed
redirect    the signed document that sends a gate to the new cell
move        the steps in order, and how an interrupted move is resumed
departure   the tombstone at the old cell, for callers of a territory that has left
"""
