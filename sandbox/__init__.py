"""The stand-in Syllable API: an HTTP server over its own SQLite file, for the demo and the tests.

Imports no other room. `server.py` shows how a test uses the sandbox, `python -m sandbox --help` how a person does.
"""
