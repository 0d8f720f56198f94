"""What people read: the catalogue of two languages, reasons, names of those who ask."""
