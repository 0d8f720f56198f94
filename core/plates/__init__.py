"""What a plate is: symbols, formats, grammar, regions, the canonical form."""
