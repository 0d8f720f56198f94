"""The proof for several cells: real processes, simulated gates and people, kills, and the cost of it all."""
