"""Floor 2: Go's text/template, its values and its formatting; nothing of Helm."""
