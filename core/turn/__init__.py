"""One step of the gate: takes an event, returns the new state and the effects."""
