"""A thread a board: the only one that speaks with it, times its pulses and has OFF as its first and last word."""
