"""Breaks the running product in every way that machines break, and counts what becomes wrong: `make faults`."""
