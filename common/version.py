"""The version of the product, which each process writes with its heartbeat."""

VERSION = "0.1.0"
