"""Floor 1: YAML (and JSON, TOML) in and out, as Go's libraries read and print them."""
