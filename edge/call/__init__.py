"""`gate call`: a call from the gate to a person, in a process of its own (ADR 150): it slows and stops no decision."""
