"""One step of the gate: an event in, the state as it becomes, the effects that come of it."""
