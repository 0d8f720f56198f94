"""Films of a gate with ground truth: cars approach a barrier, wait, drive on or turn back, in any light and weather."""
