"""What the pages cost, measured on the product as it ships: `python -m benchmarks`, see there."""
