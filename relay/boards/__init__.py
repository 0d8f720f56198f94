"""Relay boards behind one seam (`relay.boards.seam.Board`); each module knows the bytes of one family."""
