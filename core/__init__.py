"""The pure core: no clock, no threads, no files, no sockets, no image library. It uses the standard library only."""
