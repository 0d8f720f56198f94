"""The threads and processes of the running gate."""
