"""The relay socket: where it is, who may connect, lines in and out."""
