"""What leaves the product: analyses and their results as plain data, and each file format on top of it."""
