"""`gate demo`: the whole system on embedded defaults, and the check that it did what the recording's truth says."""
