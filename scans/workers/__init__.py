"""What a background process runs."""
