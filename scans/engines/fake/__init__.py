"""An engine that simulates: for tests and demonstrations. It sends no request to anybody."""
