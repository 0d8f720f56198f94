"""The relay socket: its location, access control, lines in and out."""
