"""`gate call`: a call from the gate to a person, in a process that cannot delay or stop decisions (ADR 150)."""
