"""What happened: acts of people and, in time, every finished change, sealed. Knows no other room but `common`."""
