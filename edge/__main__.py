"""`python -m edge` is `gate`."""

from edge.cli import main

main()
