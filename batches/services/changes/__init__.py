"""One batch: how a change of it begins, the road that every write takes, and what is found out later."""
