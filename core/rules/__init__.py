"""Every number of a decision, with its name, unit, range and reason."""
