"""What every room may use: moments, numbers and untrusted text, the clock of the database, what templates need."""
