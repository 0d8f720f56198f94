"""`gate update`: installs a signed file as a second environment, and makes it the running one only if it proves itself."""
