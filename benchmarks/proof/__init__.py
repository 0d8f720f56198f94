"""The proof of several cells: real processes, simulated gates and people, kills, and what all of it costs."""
