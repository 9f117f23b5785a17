"""What happened: the acts of people and, in time, every finished change. Knows no other room."""
