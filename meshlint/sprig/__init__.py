"""Floor 3: the Sprig function families as plain functions, and the table that names them."""
