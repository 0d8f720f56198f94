"""Training from nothing: rendered plates and scenes, the two networks, their evaluation. Needs the extra `train`."""
