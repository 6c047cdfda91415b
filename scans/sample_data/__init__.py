"""Sample data: any number of made-up analyses, for trying the dashboard out and for measuring it.

`story` describes the course of one analysis as `moves` of its URL scans; `stories` lists all stories; `plan` assigns
a story to each analysis; `loading` writes them with the set-based statements of `sql`.
"""
