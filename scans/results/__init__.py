"""What stores or proves the results of a scan."""
