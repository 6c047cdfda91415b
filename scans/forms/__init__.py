"""What people type, checked. The command line uses the same rules."""
