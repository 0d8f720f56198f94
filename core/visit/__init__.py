"""One vehicle in one lane: where it is, whether it has moved, what its pictures say."""
