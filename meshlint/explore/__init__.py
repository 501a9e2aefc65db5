"""Floor 6: what templates would write with other values, and which of their branches were rendered."""
