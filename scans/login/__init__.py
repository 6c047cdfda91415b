"""Logging in to a target, the way a person or client does. Pure network: no database."""
