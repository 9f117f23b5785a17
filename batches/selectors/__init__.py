"""Every read, local and remote, that a page needs."""
