"""Code that depends on the database: triggers, the search index, and our own SQL statements."""
