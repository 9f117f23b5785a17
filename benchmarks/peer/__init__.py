"""An app for comparison only: batches as rows of our own database, in Django's admin out of the box.

The product's pages are measured beside it, in the same process and with everything else as it ships.
"""
