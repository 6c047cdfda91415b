"""Real web applications that this project did not write, started for a test and gone after it."""
