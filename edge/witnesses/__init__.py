"""Readings of cameras with their own plate recognition: received over HTTP, passed to the core as hearsay (ADR 117)."""
