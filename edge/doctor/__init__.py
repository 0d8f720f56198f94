"""The technician's doctor: `gate check`. Each part tested by itself, each failure with its cure."""
