"""A simulated engine for tests and demonstrations. It never sends a request."""
