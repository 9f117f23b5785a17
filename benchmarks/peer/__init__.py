"""An app that the product does not have: batches as rows of our own database, in Django's admin as it comes.

The pages of the product are measured beside it, in the same process and with all else as it ships.
"""
