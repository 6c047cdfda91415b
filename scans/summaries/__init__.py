"""What a page draws, computed from rows; nothing in here writes."""
