"""Wired inputs: contacts on pins, debounce, what a contact means."""
