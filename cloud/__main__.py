"""`python -m cloud` is `okter`."""

from cloud.cli import main

main()
