"""The stand-in Syllable API: an HTTP server over its own SQLite file, for the demo and the tests.

It imports nothing else of ours. `server.py` shows how a test uses it, `python -m sandbox --help` how a person
does.
"""
