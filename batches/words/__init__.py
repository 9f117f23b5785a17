"""How pages speak of batches, changes and operations: plain text and values, which templates draw."""
