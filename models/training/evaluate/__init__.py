"""Reading accuracy: on any manifest or on rendered sets by type, condition and width, for any reader."""
