"""Checks of a target before it is scanned. They look and report; what follows is decided by their callers."""
