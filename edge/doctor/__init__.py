"""The technician's doctor, `gate check`: tests each part separately and names a cure for each failure."""
