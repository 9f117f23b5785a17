"""The product: batches, campaigns and requests, seen and changed with proof of who changed what."""
