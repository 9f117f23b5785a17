"""The cost of the pages, measured on the product as it ships. See `python -m benchmarks`."""
