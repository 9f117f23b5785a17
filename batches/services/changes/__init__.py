"""One batch: how a change begins, the road that every write takes, and how changes are reconciled later."""
