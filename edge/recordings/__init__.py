"""What somebody's board or camera is like, in a small file that can be sent: `gate record-board`, `gate record-stream`."""
