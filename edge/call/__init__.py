"""`gate call`: a call from the gate to a person, in a separate process (ADR 150) that can neither delay nor stop decisions."""
