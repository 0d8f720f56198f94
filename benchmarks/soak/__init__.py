"""Days in minutes: searches for leaks and drift in the real processes under random faults."""
