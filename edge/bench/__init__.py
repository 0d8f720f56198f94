"""Time and memory of every stage on this machine. A benchmark to be read by a person, not a test with limits."""
