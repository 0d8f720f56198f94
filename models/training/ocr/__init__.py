"""The plate reader: a small network in fast-plate-ocr's contract, its training and its export."""
