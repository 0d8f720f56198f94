"""The directory: in which cell a territory lives (ADR 148). Without one every portal is a cell of its own.

places   its tables, and what is asked and changed there
app      asked over HTTP: by cells, and by whoever opens a territory's address at it
client   how a cell asks it, and goes on when it does not answer
"""
