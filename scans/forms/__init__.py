"""Checks everything that people type. The command line uses the same rules."""
