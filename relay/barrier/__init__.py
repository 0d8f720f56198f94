"""One barrier, pure: when its contact may close, who holds it, where the boom is, how a passage ended."""
