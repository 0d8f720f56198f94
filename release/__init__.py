"""What a version is made of: `python -m release.dist` writes it all into `dist/` (RELEASING.md)."""
