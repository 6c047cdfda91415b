"""The REST API: what a person may do on a page, for programs. It calls the functions that the pages call."""
