"""The rules of the portal over a database session: no HTTP, no HTML."""
