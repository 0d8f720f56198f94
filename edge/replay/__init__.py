"""Runs recorded video through the code of the live gate, with the recording's time as the clock."""
