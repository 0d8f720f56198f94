"""What people read: the catalogue in two languages, reasons, names of requesters."""
