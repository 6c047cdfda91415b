"""The options of a submission: one list, read by form, command line, log, Configuration tab and exports."""
