"""Scan engines behind one protocol. This package knows neither Django nor the database nor statuses."""
