"""Floor 0: RE2 regular expressions as Go's package regexp has them: read, translated, run."""
