"""The documentation as a website: `make site`."""
