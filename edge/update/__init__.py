"""`gate update`: installs a signed file as a second environment, and keeps it only if it proves itself."""
