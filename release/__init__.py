"""The files of a release: `python -m release.dist` writes them all into `dist/` (RELEASING.md)."""
