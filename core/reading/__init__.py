"""From pictures to a belief about the plate: single reads, and all reads of a visit together."""
