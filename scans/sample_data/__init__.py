"""Sample data: any number of made-up analyses, for trying the dashboard out and for measuring it.

`story` tells what happens to one, in `moves` of its URL scans; `stories` are all there are; `plan` says
which analysis is which; `loading` writes them with the set-based statements of `sql`.
"""
