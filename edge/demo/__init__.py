"""`gate demo`: the whole system on built-in defaults, and a check of the result against the recording's ground truth."""
