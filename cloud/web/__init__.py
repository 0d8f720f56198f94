"""Pages: routing with declared access, forms, templates and headers."""
