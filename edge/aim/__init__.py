"""The aim assistant: a camera's view against stated limits, its acceptance, and the nightly comparison."""
