"""Holds: what was paused stays paused, whoever resumes it elsewhere, until somebody lifts the hold."""
