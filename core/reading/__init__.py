"""From what pictures say to what is believed: one read, and the reads of a visit together."""
