"""Checks of a target before a scan. They only report; their callers decide what follows."""
