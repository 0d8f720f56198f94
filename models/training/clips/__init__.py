"""Films of a gate: cars come up to a barrier, wait, drive on or turn back, in every light and weather, with the truth beside."""
