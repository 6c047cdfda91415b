"""The list of analyses: filters, search, order, pages, and a cache of rendered rows. Nothing else needs this."""
