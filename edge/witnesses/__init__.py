"""What cameras that recognise plates themselves say: heard over HTTP, told to the core as hearsay (ADR 117)."""
