"""What others do: the watcher looks at the batches, keeps what it saw, and records what was made elsewhere."""
