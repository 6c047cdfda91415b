"""Calendar arithmetic: recurrence and blackout windows. Uses neither clock nor database."""
