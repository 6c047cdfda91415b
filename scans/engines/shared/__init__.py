"""Code that the product and an engine's driver both run: standard library only, and nothing else of the product."""
