"""The cost of the product, each part compared with something known: `make bench` prints the table.

`__main__` runs everything; `databases` builds the loads; `sides` has one process for each database, which
`side` is, and measures two requests in turns; `rows` is the table. A file for each family of rows: `pages`,
`summary`, `writes`, `scanning`, `browser`. `soak` has many dashboards open at once; `load` has
people of all roles at work.
"""
