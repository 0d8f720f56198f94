"""The behaviour of a board or camera in a small file that can be sent: `gate record-board`, `gate record-stream`."""
