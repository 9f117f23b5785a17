"""Many batches: one decision, recorded by a person and carried out by a worker."""
