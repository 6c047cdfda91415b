"""Wapiti behind our protocol. Only driver/ imports it, in the engine's own environment."""
