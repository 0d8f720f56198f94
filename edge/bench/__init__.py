"""Time and memory of every stage on this machine. A benchmark for people to read, not a test with limits."""
