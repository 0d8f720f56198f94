"""Calls from a gate: who is rung, who may answer, and whether picture and sound worked at an opening (ADR 150-152)."""
