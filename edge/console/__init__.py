"""The page on the local network: an optional process that reads the store and asks the relay."""
