"""Floor 7: the rules. Each is a record around one generator; none formats, reads files or looks up lines."""
