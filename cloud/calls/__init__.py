"""Calls from a gate: who is rung, who may answer, what was seen and heard when the barrier was opened (ADR 150-152)."""
