"""Ten short programs over the parts of the gate; each runs in the tests. README.md tells what each is for."""
