"""Floor 10: the command line. Heavy imports stay inside the commands."""
