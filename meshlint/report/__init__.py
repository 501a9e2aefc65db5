"""Floor 8: settled findings as text: one module per format."""
