"""A database of an earlier version: how a sample is made, loaded, and compared with the pages of this one."""
