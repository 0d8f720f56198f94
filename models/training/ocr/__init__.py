"""The plate reader: a small network with fast-plate-ocr's interface, its training and its export."""
