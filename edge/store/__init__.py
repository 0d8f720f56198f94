"""What the gate keeps on disk: the pass list and the journal, each in a file of its own."""
