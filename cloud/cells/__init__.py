"""Cells: a territory lives whole in one of several portals, and can be moved to another one (ADR 145).

inventory   what belongs to a territory: the one declared table of tables
freeze      nobody writes to it meanwhile: triggers of the database
copying     its rows, one cell to another, as often as need be
redirect    the signed word that a gate follows
move        the steps, in order, and what becomes of a move that was cut off
departed    who comes to the old cell with something of a territory that has left
"""
