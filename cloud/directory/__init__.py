"""The directory: which cell each territory lives in (ADR 148). A portal without a directory is the only cell.

places   its tables, with queries and changes
app      its HTTP interface, for cells and for people who open a territory's address at the directory
client   how a cell queries it, and continues when it does not answer
"""
