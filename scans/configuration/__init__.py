"""What a submission holds: one list of options, read by form, command line, log, Configuration tab and exports."""
