"""The page on the local network: an optional process that reads the store and sends requests to the relay."""
