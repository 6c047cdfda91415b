"""Exports: analyses and their results as plain data, and the file formats made from it."""
