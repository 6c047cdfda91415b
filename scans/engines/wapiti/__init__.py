"""Wapiti behind our protocol. Only driver/, which runs in the engine's own environment, imports it."""
