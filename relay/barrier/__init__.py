"""One barrier, pure: when its contact may be closed, who holds it, where the boom is, how a passage ended."""
