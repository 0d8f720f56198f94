"""`gate demo`: the whole system on built-in defaults, and a check against the recording's ground truth."""
