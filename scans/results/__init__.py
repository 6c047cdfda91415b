"""Results of a scan: storing them, and proving them."""
