"""`gate update`: a signed file becomes a second environment, and the running one only if it proves well there."""
