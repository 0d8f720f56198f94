"""Training of the plate detector: the network, its targets, the loop, the export and the measurements."""
