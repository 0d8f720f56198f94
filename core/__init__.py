"""The pure heart: no clock, thread, file, socket or picture library; the standard library only."""
