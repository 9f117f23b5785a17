"""The wiring of the project, with no business of its own: settings, addresses, middleware, errors, health, logs."""
