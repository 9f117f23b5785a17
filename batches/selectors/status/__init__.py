"""How the installation is doing, from the database alone: for the status page and for `/metrics`."""
