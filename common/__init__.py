"""What every room may use: moments, numbers and text of strangers, the clock of the database, what templates need."""
