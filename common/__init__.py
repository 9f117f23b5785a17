"""What every room may use: moments, and the clock of the database."""
