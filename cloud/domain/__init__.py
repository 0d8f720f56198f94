"""The portal's rules over a database session: no HTTP, no HTML."""
