"""Recorded video through the code of the live gate, with the time of the recording as its clock."""
