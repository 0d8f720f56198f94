"""One thread per board: only it talks to the board and times its pulses; OFF is the first and last thing it sends."""
