"""Carriers: they bring notices from the worker that committed a change to the workers whose streams listen (ADR 125)."""
