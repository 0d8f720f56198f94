"""The aim assistant: what a lane's camera shows against stated limits, its acceptance, and the nightly comparison."""
