"""Data that pages draw, computed from rows. Nothing here writes."""
