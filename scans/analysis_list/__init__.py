"""Only the list of analyses needs it: filters, search, order, pages, and rows that are kept."""
