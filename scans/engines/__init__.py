"""Scan engines behind one protocol. Nothing here knows Django, the database or a status."""
