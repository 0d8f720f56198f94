"""Relay boards behind one seam (`relay.boards.seam.Board`). Each module implements the bytes of one family."""
