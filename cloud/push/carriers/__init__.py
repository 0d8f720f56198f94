"""What carries notices from the worker where something was committed to those whose streams want to know (ADR 125)."""
