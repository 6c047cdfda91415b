"""What speaks to SQLite or PostgreSQL by name: triggers, the search index, statements of our own."""
