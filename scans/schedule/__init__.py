"""Calendar arithmetic: recurrence and blackout windows, without a clock and without rows."""
