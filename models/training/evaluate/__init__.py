"""How well plates are read: any manifest, rendered sets by type, condition and width, any reader that prints JSON."""
