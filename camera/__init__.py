"""Pixels in: sources, capture, motion, detector, rectifier and reader. Imports `core` only."""
