"""What every room may use: moments, numbers, untrusted text, the database's clock, and helpers for templates."""
